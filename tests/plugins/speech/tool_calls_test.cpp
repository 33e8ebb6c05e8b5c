#include "plugins/speech/tool_calls.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hookswitch::speech {
namespace {

/// A sink that keeps the type of every message, and what timers are set to.
struct Kept {
  Kept() {
    sink.host = this;
    sink.put = [](const hks_sink* to, const hks_msg* m) -> hks_status {
      auto* self = static_cast<Kept*>(to->host);
      self->types.push_back(m->type);
      if (m->type == HKS_TIMER) self->timers.emplace_back(m->id, reinterpret_cast<const hks_timer*>(m)->after_ms);
      return HKS_OK;
    };
  }
  hks_sink sink{};
  hks::Out out{&sink};
  std::vector<std::uint32_t> types;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> timers;
};

ToolCall call(const char* remote_id) {
  ToolCall call;
  call.remote_id = remote_id;
  call.name = "lookup";
  return call;
}

TEST(ToolCalls, EachIsNumberedTimedAndFoundByEveryName) {
  Kept kept;
  ToolCalls<ToolCall> calls(1000);
  const auto first = calls.ask(call("a"), "{}", kept.out).id, second = calls.ask(call("b"), "{}", kept.out).id;
  EXPECT_NE(first, second);
  EXPECT_EQ(kept.types, (std::vector<std::uint32_t>{HKS_TOOL_CALL, HKS_TIMER, HKS_TOOL_CALL, HKS_TIMER}));
  EXPECT_EQ(kept.timers.back(), std::make_pair(1000 + second, ToolCalls<ToolCall>::kLimit_ms));
  EXPECT_EQ(calls.byId(first)->remote_id, "a");
  EXPECT_EQ(calls.byTimer(1000 + second)->remote_id, "b");
  EXPECT_EQ(calls.byRemoteId("a")->id, first);
  EXPECT_EQ(calls.byTimer(5), nullptr);
  EXPECT_EQ(calls.byRemoteId("c"), nullptr);
  calls.stopClock(*calls.byId(first), kept.out);
  EXPECT_EQ(kept.timers.back(), std::make_pair(1000 + first, std::uint64_t(HKS_NEVER)));
  calls.remove([&](const ToolCall& c) { return c.id == first; });
  EXPECT_EQ(calls.byId(first), nullptr);
  EXPECT_EQ(calls.size(), 1u);
}

TEST(ToolCalls, OneThatNobodyIsAskedForHasNoNumberAndNoClock) {
  Kept kept;
  ToolCalls<ToolCall> calls(1000);
  calls.keep(call("a"));
  EXPECT_EQ(calls.byId(0), nullptr);
  EXPECT_EQ(calls.byTimer(1000), nullptr);
  calls.stopClock(*calls.byRemoteId("a"), kept.out);
  EXPECT_TRUE(kept.types.empty());
}

TEST(ToolCalls, AreBounded) {
  Kept kept;
  ToolCalls<ToolCall> calls(1000);
  for (std::size_t i = 0; i < ToolCalls<ToolCall>::kMax; ++i) {
    EXPECT_FALSE(calls.full());
    calls.ask(call("x"), "{}", kept.out);
  }
  EXPECT_TRUE(calls.full());
}

}  // namespace
}  // namespace hookswitch::speech
