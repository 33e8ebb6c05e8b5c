// The one place where the host calls plugin code.
#include "host/plugin/session.hpp"

#include <hookswitch/draft.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "host/base/log.hpp"

namespace plugin_test {
namespace {

using namespace hookswitch::plugin;
using testing::ElementsAre;
using testing::IsEmpty;

/// A plugin whose step is whatever the test says.
struct Script {
  std::function<hks_status(const hks_msg&, const hks_sink&)> step = [](const hks_msg&, const hks_sink&) {
    return HKS_OK;
  };
  int opened = 0, closed = 0;
  bool refuses = false;
} script;

hks_session* openOne() {
  if (script.refuses) return nullptr;
  ++script.opened;
  return reinterpret_cast<hks_session*>(&script);
}
hks_status stepOne(hks_session* session, const hks_msg* in, const hks_sink* out) {
  EXPECT_EQ(session, reinterpret_cast<hks_session*>(&script));
  return script.step(*in, *out);
}
void closeOne(hks_session*) { ++script.closed; }
const hks_role role{openOne, stepOne, closeOne};

hks_msg timer(std::uint64_t id) { return {sizeof(hks_msg), HKS_TIMER_FIRED, id}; }
hks_msg flush(std::uint64_t id) { return {sizeof(hks_msg), HKS_FLUSH, id}; }

class SessionTest : public testing::Test {
 protected:
  void SetUp() override { script = {}; }
  /// The ids of what was drained.
  static std::vector<std::uint64_t> drained(Session& s) {
    std::vector<std::uint64_t> ids;
    s.drain([&](const hks_msg& m) { ids.push_back(m.id); });
    return ids;
  }
};

TEST_F(SessionTest, IsOpenedOnceAndClosedOnce) {
  {
    auto s = Session::open(role);
    ASSERT_TRUE(s);
    EXPECT_EQ(script.opened, 1);
    EXPECT_EQ(script.closed, 0);
  }
  EXPECT_EQ(script.closed, 1);
}

TEST_F(SessionTest, OneThatThePluginRefusesIsNeverClosed) {
  script.refuses = true;
  EXPECT_FALSE(Session::open(role));
  EXPECT_EQ(script.closed, 0);
}

TEST_F(SessionTest, WhatThePluginPutsIsDrainedInItsOrder) {
  auto s = Session::open(role);
  script.step = [](const hks_msg& in, const hks_sink& out) {
    for (std::uint64_t i = 1; i <= 3; ++i) {
      const hks_msg m = flush(in.id * 10 + i);
      EXPECT_EQ(out.put(&out, &m), HKS_OK);
    }
    return hks_status(HKS_OK);
  };
  EXPECT_EQ(s->step(timer(1)), HKS_OK);
  EXPECT_EQ(s->step(timer(2)), HKS_OK);
  EXPECT_THAT(drained(*s), ElementsAre(11, 12, 13, 21, 22, 23));
  EXPECT_THAT(drained(*s), IsEmpty());
}

TEST_F(SessionTest, TheSinkRefusesWhatIsNoMessage) {
  auto s = Session::open(role);
  script.step = [](const hks_msg&, const hks_sink& out) {
    const hks_msg start{sizeof(hks_msg), HKS_START, 1};
    EXPECT_EQ(out.put(&out, nullptr), HKS_INVALID);
    EXPECT_EQ(out.put(nullptr, &start), HKS_INVALID);
    EXPECT_EQ(out.put(&out, &start), HKS_UNSUPPORTED);
    return hks_status(HKS_OK);
  };
  s->step(timer(1));
  EXPECT_THAT(drained(*s), IsEmpty());
}

/// Step n puts the messages 10 n and 10 n + 1.
hks_status twoPerStep(const hks_msg& in, const hks_sink& out) {
  const hks_msg a = flush(in.id * 10), b = flush(in.id * 10 + 1);
  out.put(&out, &a);
  out.put(&out, &b);
  return HKS_OK;
}

TEST_F(SessionTest, AStepFromWithinTheDrainIsHandledInTheSameRunAndInOrder) {
  auto s = Session::open(role);
  script.step = twoPerStep;
  s->step(timer(1));
  std::vector<std::uint64_t> ids;
  s->drain([&](const hks_msg& m) {
    ids.push_back(m.id);
    if (m.id != 10) return;
    s->step(timer(2));
    EXPECT_THAT(drained(*s), IsEmpty()) << "a nested drain leaves the work to the outer one";
  });
  EXPECT_THAT(ids, ElementsAre(10, 11, 20, 21));
}

TEST_F(SessionTest, AHandlerThatThrowsCostsItsMessageAndNoOther) {
  auto s = Session::open(role);
  script.step = twoPerStep;
  s->step(timer(1));
  std::vector<std::uint64_t> ids, failed;
  EXPECT_NO_THROW(s->drain(
      [&](const hks_msg& m) {
        ids.push_back(m.id);
        if (m.id == 10) throw std::runtime_error("a mistake");
      },
      [&](const hks_msg& m) {
        failed.push_back(m.id);
        throw std::runtime_error("even in what follows from it");
      }));
  EXPECT_THAT(ids, ElementsAre(10, 11));
  EXPECT_THAT(failed, ElementsAre(10));
  s->step(timer(2));
  EXPECT_THAT(drained(*s), ElementsAre(20, 21)) << "the session is not mute";
}

TEST_F(SessionTest, WhatAHandlerThrowsIsLoggedWithThePluginAndTheCall) {
  auto s = Session::open(role, {"voice", "voice", "call-1"});
  script.step = twoPerStep;
  s->step(timer(1));
  testing::internal::CaptureStderr();
  EXPECT_NO_THROW(s->drain([](const hks_msg& m) {
    if (m.id == 10) throw std::runtime_error("a mistake");
  }));
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::HasSubstr("[plugin.voice] call=call-1 the message FLUSH could not be handled: a mistake\n"));
}

TEST_F(SessionTest, AMessageStaysValidWhileItsHandlerStepsTheSession) {
  auto s = Session::open(role);
  script.step = [](const hks_msg& in, const hks_sink& out) {
    const std::string text(in.id == 1 ? 100 : 20'000, in.id == 1 ? 'a' : 'b');
    hks_data m{};
    m.msg = {sizeof m, HKS_DATA, in.id};
    m.bytes = str(text);
    out.put(&out, &m.msg);
    return hks_status(HKS_OK);
  };
  s->step(timer(1));
  s->drain([&](const hks_msg& m) {
    if (m.id != 1) return;
    for (std::uint64_t i = 2; i < 30; ++i) s->step(timer(i));
    EXPECT_EQ(view(reinterpret_cast<const hks_data&>(m).bytes), std::string(100, 'a'));
  });
}

TEST_F(SessionTest, ThePluginIsNeverEnteredTwiceAtOnce) {
  auto s = Session::open(role);
  Session* inner = s.get();
  hks_status nested = HKS_OK;
  script.step = [&](const hks_msg&, const hks_sink&) {
    nested = inner->step(timer(2));
    return hks_status(HKS_OK);
  };
  EXPECT_EQ(s->step(timer(1)), HKS_OK);
  EXPECT_EQ(nested, HKS_FAULT);
}

TEST_F(SessionTest, FaultsInARowAreCountedUntilOneMessageGoesWell) {
  auto s = Session::open(role);
  hks_status next = HKS_FAULT;
  script.step = [&](const hks_msg&, const hks_sink&) { return next; };
  for (std::uint32_t i = 1; i <= 3; ++i) {
    EXPECT_EQ(s->step(timer(i)), HKS_FAULT);
    EXPECT_EQ(s->faultsInARow(), i);
  }
  next = HKS_UNSUPPORTED;
  s->step(timer(9));
  EXPECT_EQ(s->faultsInARow(), 4u);
  next = HKS_OK;
  s->step(timer(10));
  EXPECT_EQ(s->faultsInARow(), 0u);
}

TEST_F(SessionTest, WhatAFailedStepHadPutStillCounts) {
  auto s = Session::open(role);
  script.step = [](const hks_msg&, const hks_sink& out) {
    const hks_msg m = flush(5);
    out.put(&out, &m);
    return hks_status(HKS_FAULT);
  };
  s->step(timer(1));
  EXPECT_THAT(drained(*s), ElementsAre(5));
}

TEST_F(SessionTest, WhatIsRefusedIsSaidWithThePluginTheMessageAndTheField) {
  testing::internal::CaptureStderr();
  hookswitch::log::start("information", hookswitch::log::Format::text);
  script.step = [](const hks_msg&, const hks_sink& out) {
    hks_audio audio{};
    audio.msg = {sizeof audio, HKS_AUDIO, 0};
    EXPECT_EQ(out.put(&out, &audio.msg), HKS_UNSUPPORTED);
    hks_hook_done done{};
    done.msg = {sizeof done - 1, HKS_HOOK_DONE, 0};
    EXPECT_EQ(out.put(&out, &done.msg), HKS_INVALID);
    hks_notice notice{};
    notice.msg = {sizeof notice, HKS_NOTICE, 0};
    notice.reserved = 3;
    EXPECT_EQ(out.put(&out, &notice.msg), HKS_INVALID);
    const hks_msg vendor{sizeof vendor, HKS_VENDOR_FIRST + 7, 0};
    EXPECT_EQ(out.put(&out, &vendor), HKS_UNSUPPORTED);
    return hks_status(HKS_OK);
  };
  auto s = Session::open(role, {"acme", "control", {}});
  s->step(timer(1));
  s->step(timer(2));  // the same mistakes again are not worth a line each
  hookswitch::log::stop();
  const std::string said = testing::internal::GetCapturedStderr();
  for (auto line :
       {"[plugin.acme] put AUDIO from a session of role control in TIMER_FIRED, which was refused\n",
        "[plugin.acme] put HOOK_DONE of size 63, shorter than its record (64) in TIMER_FIRED, which was refused\n",
        "[plugin.acme] put NOTICE whose field reserved is not 0 in TIMER_FIRED, which was refused\n",
        "[plugin.acme] put a message of a vendor's type 1073741831, which this host does not know in TIMER_FIRED"}) {
    EXPECT_THAT(said, testing::HasSubstr(line));
  }
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 4) << said;
}

TEST_F(SessionTest, AMessageForAnotherRoleNeverReachesThePlugin) {
  int steps = 0;
  script.step = [&](const hks_msg&, const hks_sink&) {
    ++steps;
    return hks_status(HKS_OK);
  };
  auto s = Session::open(role, {"", "carrier", {}});
  const hks_msg notice{sizeof notice, HKS_NOTICE, 0};
  EXPECT_EQ(s->step(notice), HKS_UNSUPPORTED);
  EXPECT_EQ(steps, 0);
  EXPECT_EQ(s->faultsInARow(), 0u) << "the gateway's mistake is not the plugin's";
}

TEST_F(SessionTest, KnowsHowLongAStepTook) {
  auto s = Session::open(role);
  script.step = [](const hks_msg&, const hks_sink&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    return hks_status(HKS_OK);
  };
  s->step(timer(1));
  EXPECT_GE(s->lastStepUs(), 3000u);
}

TEST_F(SessionTest, LendsRoomForWhatAStepPuts) {
  script.step = [](const hks_msg&, const hks_sink& out) {
    const auto* table = static_cast<const hks_draft_room*>(out.get(&out, HKS_DRAFT_ROOM));
    char* const room = table->take(&out, 3);
    std::memcpy(room, "abc", 3);
    hks_data data{};
    data.msg = {sizeof data, HKS_DATA, 1};
    data.bytes = {room, 3};
    return out.put(&out, &data.msg);
  };
  auto s = Session::open(role, {"", "voice", {}});
  EXPECT_EQ(s->step(timer(1)), HKS_OK);
  std::string put;
  s->drain([&](const hks_msg& m) { put += view(reinterpret_cast<const hks_data&>(m).bytes); });
  EXPECT_EQ(put, "abc");
}

}  // namespace
}  // namespace plugin_test
