// The host's session around specimens that break rules inside of step(). What the rest of the gateway makes of it is
// for the system tests.
#include "host/plugin/library.hpp"
#include "host/plugin/session.hpp"

#include <gmock/gmock.h>

#include <string>

using hookswitch::plugin::MessageQueue;
using hookswitch::plugin::Session;

namespace {

struct Opened {
  explicit Opened(const std::string& name) {
    const auto loaded = hookswitch::plugin::load(std::string(HOOKSWITCH_MUSEUM) + "/" + name + ".so");
    if (!loaded.library) return;
    library = *loaded.library;
    session = Session::open(*library->control);
    if (!session) return;
    hks_start start{};
    start.msg = {sizeof start, HKS_START, 0};
    status = session->step(start.msg);
  }
  hks_status ask() {
    session->queue().clear();
    hks_phase phase{};
    phase.msg = {sizeof phase, HKS_CALL_PHASE, 7};
    phase.phase = HKS_PHASE_NOTIFY, phase.attempt = 1;
    return session->step(phase.msg);
  }
  std::size_t count(std::uint32_t type) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < session->queue().size(); ++i) n += session->queue()[i].type == type;
    return n;
  }
  std::shared_ptr<const hookswitch::plugin::Library> library;
  std::unique_ptr<Session> session;
  hks_status status = HKS_OK;
};

TEST(Step, AnExceptionThatCrossesTheBoundaryIsAFaultOfThatPluginAlone) {
  Opened raw("hook_throws_raw");
  for (std::uint32_t i = 1; i <= Session::max_faults; ++i) {
    EXPECT_EQ(raw.ask(), HKS_FAULT);
    EXPECT_EQ(raw.session->faultsInARow(), i);
  }
  hks_msg harmless{sizeof harmless, HKS_NOTICE, 0};
  EXPECT_EQ(raw.session->step(harmless), HKS_OK);
  EXPECT_EQ(raw.session->faultsInARow(), 0u);
}

TEST(Step, EveryMalformedRecordIsRefusedAndTheRestTaken) {
  Opened malformed("malformed");
  EXPECT_EQ(malformed.session->queue().refused(), 11u);  // the twelfth, NULL, never reaches the queue
  EXPECT_EQ(malformed.count(HKS_HOOK), 1u);
  EXPECT_EQ(malformed.count(HKS_ROUTE), 1u);
  EXPECT_EQ(malformed.count(HKS_HTTP_CALL), 0u);
}

TEST(Step, AFloodEndsAtTheLimit) {
  Opened floods("floods");
  EXPECT_EQ(floods.ask(), HKS_OK);
  EXPECT_EQ(floods.session->queue().size(), MessageQueue::max_messages);
}

TEST(Step, LongerRecordsOfALaterPluginAreTakenAtTodaysLength) {
  Opened newer("newer_minor");
  EXPECT_EQ(newer.session->queue().refused(), 0u);
  ASSERT_EQ(newer.count(HKS_HOOK), 1u);
  for (std::size_t i = 0; i < newer.session->queue().size(); ++i) {
    if (newer.session->queue()[i].type == HKS_HOOK) {
      EXPECT_EQ(newer.session->queue()[i].size, sizeof(hks_hook));
    }
  }
  EXPECT_EQ(newer.ask(), HKS_OK);
  EXPECT_EQ(newer.count(HKS_HOOK_DONE), 1u);
}

TEST(Step, APluginThatRefusesToOpenHasNoSession) { EXPECT_EQ(Opened("open_null").session, nullptr); }

TEST(Step, WhatAFaultyStepSentStillCounts) {
  Opened faulty("always_fault");
  EXPECT_EQ(faulty.status, HKS_FAULT);
  EXPECT_EQ(faulty.count(HKS_HOOK), 1u);
}

}  // namespace
