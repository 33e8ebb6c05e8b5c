// The traces of calls: what both planes have noted, read through the API and written to the log.
#include "host/control/traces.hpp"

#include "tests/control/media_support.hpp"

namespace control_test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Traces : public Media {
 protected:
  net::HttpReply trace(const std::string& id) { return world.answer("GET", "/api/calls/" + id + "/trace"); }
  /// Where the event stands in the trace; npos: nowhere.
  static std::size_t at(const std::string& trace, const std::string& event) {
    return trace.find("\"event\":\"" + event + "\"");
  }
  static void expectOrder(const std::string& trace, const std::vector<std::string>& events) {
    std::size_t last = 0;
    for (auto& event : events) {
      const std::size_t found = trace.find("\"event\":\"" + event + "\"", last);
      EXPECT_NE(found, std::string::npos) << event << " is not behind the one before in " << trace;
      if (found != std::string::npos) last = found;
    }
  }
};

TEST_F(Traces, OfALiveCallTellBothPlanesInOneOrder) {
  const std::string id = running();
  const auto reply = trace(id);
  EXPECT_EQ(reply.status, 200);
  // Within a millisecond the order of the two planes is not known, that of each is.
  expectOrder(reply.body, {"begun", "dialled", "named", "media_up", "stream_started"});
  expectOrder(reply.body, {"carrier_up", "carrier_ready", "voice_opened", "voice_ready"});
  EXPECT_NE(at(reply.body, "answered"), std::string::npos);
  EXPECT_THAT(reply.body, HasSubstr(R"("call_id":")" + id + R"(","status":"in-progress")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("plane":"control","event":"named","text":"CA1")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("plane":"media","event":"voice_opened","number":1)"));
  EXPECT_THAT(reply.body, HasSubstr(R"("forgotten":{"control":0,"media":0},"lateness":{"frames":0,"late":0)"));
  EXPECT_THAT(reply.body, Not(HasSubstr(token())));
}

TEST_F(Traces, OfACallThatIsOverStayWithWhatItsLoopHadRecorded) {
  const std::string id = running();
  EXPECT_EQ(world.answer("POST", "/api/calls/" + id + "/end").status, 200);
  const std::string body = trace(id).body;
  expectOrder(body, {"answered", "ending", "hook_given", "media_down", "sealed", "left"});
  expectOrder(body, {"voice_ready", "stopped"});
  EXPECT_THAT(body, HasSubstr(R"("event":"ending","text":"by api: ended through the API")"));
  EXPECT_THAT(body, HasSubstr(R"("text":"hangup of carrier: done")"));
}

TEST_F(Traces, OfAnUnknownCallAreNotThere) {
  world.start();
  EXPECT_EQ(trace("nobody").status, 404);
  EXPECT_EQ(trace("00000000-0000-4000-8000-000000000000").status, 404);
  EXPECT_EQ(world.answer("POST", "/api/calls/nobody/trace").status, 405);
}

TEST_F(Traces, WithoutMediaThereIsNoLateness) {
  world.start();
  EXPECT_THAT(trace(world.place()).body, HasSubstr(R"("lateness":null)"));
}

TEST_F(Traces, TellTimesSinceTheCallBeganAndByTheWallClock) {
  world.start();
  const std::string id = world.place();
  world.pass(7'000);
  world.on([&] { world.calls->end(id, call::EndedBy::api, "enough"); });
  ASSERT_TRUE(over(id));
  const auto started = world.on([&] { return world.table.find(id)->record.started_unix_ms; });
  const std::string body = trace(id).body;
  const std::size_t event = at(body, "ending"), entry = body.rfind("{\"ms\":", event);
  ASSERT_NE(event, std::string::npos);
  const std::uint64_t ms = std::stoull(body.substr(entry + 6));
  EXPECT_GE(ms, 7'000u);
  EXPECT_THAT(body.substr(entry, event - entry), HasSubstr("\"unix_ms\":" + std::to_string(started + ms)));
}

TEST_F(Traces, OfAFaultAreWrittenToTheLogAndOfAGoodCallNot) {
  testing::internal::CaptureStderr();
  const std::string good = running();
  world.answer("POST", "/api/calls/" + good + "/end");
  at_voice_start = [](hks::Out& out) { out.gone("quota exceeded"); };
  const std::string id = world.place();
  ::close(std::exchange(peer, -1));
  ASSERT_EQ(connect("/carrier/stream/" + token()), 101);
  ASSERT_TRUE(over(id));
  world.settle();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, Not(HasSubstr("[trace] call=" + good)));
  EXPECT_THAT(log, HasSubstr("[trace] call=" + id + " the call ended in a fault; its last "));
  for (const char* line : {" control dialled", " media carrier_ready", " media voice_gone",
                           " control ending by fault: the voice voice is gone: quota exceeded", " control left"})
    EXPECT_THAT(log, testing::ContainsRegex("\\[trace\\] call=" + id + " \\+[0-9]+ ms" + line));
  EXPECT_THAT(log, Not(HasSubstr(token())));
}

TEST_F(Traces, OfAFaultTakeABoundedNumberOfLines) {
  at_voice_start = [](hks::Out& out) {
    for (int i = 0; i < 300; ++i) out.toolCall(std::uint64_t(i), "tool" + std::to_string(i), "{}");
    out.gone("enough");
  };
  testing::internal::CaptureStderr();
  world.start();
  const std::string id = world.place();
  ASSERT_EQ(connect("/carrier/stream/" + token()), 101);
  ASSERT_TRUE(over(id));
  world.settle();
  const std::string log = testing::internal::GetCapturedStderr(), head = "[trace] call=" + id;
  std::size_t lines = 0;
  for (std::size_t from = log.find(head); from != std::string::npos; from = log.find(head, from + 1)) ++lines;
  EXPECT_GT(lines, 10u);
  EXPECT_LE(lines, control::Traces::max_lines + 1);
  EXPECT_THAT(log, HasSubstr(" older ones are left out:"));
}

}  // namespace
}  // namespace control_test
