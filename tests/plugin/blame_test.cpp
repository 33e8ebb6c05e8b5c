// What the host says of a plugin that misbehaves: who, what, in which step.
#include "host/plugin/blame.hpp"

#include <gtest/gtest.h>

#include "host/plugin/message.hpp"

namespace plugin_test {
namespace {

namespace blame = hookswitch::plugin::blame;
using hookswitch::plugin::Stepped;
using hookswitch::plugin::str;

const Stepped control{"acme", "control", ""}, voice{"acme", "voice", "call-1"};

TEST(Blame, NamesTheHookAndItsCall) {
  hks_call call{};
  call.call = str("1234");
  hks_record record{};
  record.call = &call;
  hks_phase phase{};
  phase.msg = {sizeof phase, HKS_CALL_PHASE, 7};
  phase.phase = HKS_PHASE_NOTIFY;
  phase.record = &record;
  EXPECT_EQ(blame::failed(control, phase.msg, HKS_FAULT), "failed in the hook notify of the call 1234 with status -3");
}

TEST(Blame, NamesTheRoleOfASessionOfACall) {
  const hks_msg flush{sizeof flush, HKS_FLUSH, 0};
  EXPECT_EQ(blame::slow(voice, flush, 210'000, "every call on this media loop waits"),
            "took 210 ms in FLUSH as voice; while it computes, every call on this media loop waits");
}

TEST(Blame, NamesThePathOfARequestAndNeverItsQuery) {
  hks_http request{};
  request.msg = {sizeof request, HKS_HTTP_REQUEST, 7};
  request.url = str("/acme/hook?token=secret");
  EXPECT_EQ(blame::failed(control, request.msg, HKS_INVALID), "failed in HTTP_REQUEST for /acme/hook with status -2");
  request.flags = HKS_HTTP_UPGRADE;  // its path ends in a token
  EXPECT_EQ(blame::failed(control, request.msg, HKS_INVALID), "failed in HTTP_REQUEST with status -2");
}

TEST(Blame, SaysWhatWasRefusedAndWhere) {
  const hks_msg start{sizeof start, HKS_START, 0};
  EXPECT_EQ(blame::refused(control, start, "AUDIO from a session of role control"),
            "put AUDIO from a session of role control in START, which was refused");
}

TEST(Blame, TheGatewaysOwnMistakeIsNotThePlugins) {
  const hks_msg notice{sizeof notice, HKS_NOTICE, 0};
  EXPECT_EQ(blame::misgiven(control, notice),
            "was to be given NOTICE, which is not for a session of role control; a mistake of the gateway, not of the "
            "plugin");
}

}  // namespace
}  // namespace plugin_test
