// Tools of a model: which it is offered, who does them, and what it hears.
#include "tests/control/media_support.hpp"

#include <hookswitch/draft.h>

#include <mutex>
#include <optional>

#include "host/control/leg_acts.hpp"
#include "host/control/own_tools.hpp"

namespace control_test {
namespace {

using control::EndpointAnswer;
using control::EndpointQuestion;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class CallTools : public Media {
 protected:
  void SetUp() override {
    Media::SetUp();
    auto on_voice = world.voice().on_voice;
    world.voice().on_voice = [this, on_voice](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_START) {
        auto& start = reinterpret_cast<const hks_start&>(in);
        Offer now;
        for (std::uint64_t i = 0; i < start.tool_count; ++i) now.names.emplace_back(view(start.tools[i].name));
        now.may_end = !(start.voice_flags & HKS_VOICE_MAY_NOT_END);
        const std::lock_guard lock(mutex);
        offer = now;
      }
      return on_voice(in, out);
    };
    world.carrier().drafts = {HKS_DRAFT_KEYS, HKS_DRAFT_TRANSFER};
    world.carrier().on_control = [this](const hks_msg& in, hks::Out& out) {
      if (in.type != HKS_DRAFT_KEYS && in.type != HKS_DRAFT_TRANSFER) return hks_status(HKS_UNSUPPORTED);
      auto& act = reinterpret_cast<const hks_draft_act&>(in);
      asked = std::string(view(act.digits)) + std::string(view(act.to));
      stream = std::string(view(act.call->media_url));
      hks_draft_act_done m{};
      m.msg = {sizeof m, HKS_DRAFT_ACT_DONE, in.id};
      m.state = HKS_DRAFT_TAKEN;
      out.put(m.msg);
      return hks_status(HKS_OK);
    };
  }
  void begin() {
    world.start();
    if (endpoint) world.calls->setEndpoints(endpoint);
  }
  /// A call whose media run, of a gateway that has begun: its id.
  std::string talks(const std::string& id) {
    EXPECT_EQ(connect("/carrier/stream/" + token()), 101);
    EXPECT_TRUE(world.until([&] { return world.voice().opened(FakePlugin::voice_role) == 1; }));
    return id;
  }
  std::string runs() {
    begin();
    return talks(world.place());
  }
  void uses(const std::string& tool, const std::string& arguments) {
    at_voice_start = [=](hks::Out& out) { out.toolCall(7, tool, arguments); };
  }
  /// What the model has heard of its tools, each as "result ..." or "failed ...".
  std::vector<std::string> heard(const std::string& id) {
    return world.on([&] {
      std::vector<std::string> texts;
      for (auto& line : world.table.find(id)->record.transcript) texts.push_back(line.text);
      return texts;
    });
  }
  bool hears(const std::string& id, std::size_t results) {
    return world.until([&] { return world.table.find(id)->record.transcript.size() == results; });
  }
  int comeBack() {
    if (peer >= 0) ::close(std::exchange(peer, -1));
    return connect("/carrier/stream/" + stream.substr(stream.rfind('/') + 1));
  }
  bool isAsked() {
    return world.until([&] { return !asked.empty(); });
  }
  /// The carrier says so of the number that the call was to be transferred to.
  void isBusyThere(const std::string& id) {
    world.make("carrier", [&](hks::Out& out) {
      hks_draft_transferred m{};
      m.msg = {sizeof m, HKS_DRAFT_TRANSFERRED, 0};
      m.call = hks::str(id);
      m.state = HKS_DRAFT_T_BUSY;
      out.put(m.msg);
    });
    world.settle();
  }
  struct Offer {
    std::vector<std::string> names;
    bool may_end = false;
  };
  /// What the model was told at its start, on the media loop.
  Offer offered() {
    EXPECT_TRUE(eventually([&] {
      const std::lock_guard lock(mutex);
      return offer.has_value();
    }));
    const std::lock_guard lock(mutex);
    return offer.value_or(Offer{});
  }
  std::mutex mutex;
  std::optional<Offer> offer;  // behind the mutex
  control::AskEndpoint endpoint;
  std::string asked, stream;
};

TEST_F(CallTools, OfferedAreThoseOfTheConfigurationAndOfPlugins) {
  world.add("helper").at_start = [](hks::Out& out) { out.tool("weather", "the weather", "{}"); };
  world.defaults.tools = {"send_dtmf"};
  world.defaults.endpoints["hours"].url = "http://127.0.0.1:9";
  runs();
  EXPECT_THAT(offered().names, ElementsAre("send_dtmf", "hours", "weather"));
  EXPECT_FALSE(offered().may_end) << "calls.tools does not name end_call";
}

TEST_F(CallTools, OfACallThatNamesThemAreThoseAlone) {
  world.add("helper").at_start = [](hks::Out& out) { out.tool("weather", "the weather", "{}"); };
  world.defaults.endpoints["hours"].url = "http://127.0.0.1:9";
  begin();
  const auto reply = world.answer("POST", "/api/call", R"({"to":"+15550100002","tools":["weather","transfer_call"]})");
  ASSERT_EQ(reply.status, 201) << reply.body;
  talks(field(reply.body, "call_id"));
  EXPECT_THAT(offered().names, ElementsAre("transfer_call", "weather"));
  EXPECT_FALSE(offered().may_end);
}

TEST_F(CallTools, ThatNobodyHasRefuseTheCallByTheirName) {
  begin();
  const auto unknown = world.answer("POST", "/api/call", R"({"to":"+15550100002","tools":["end_call","fax"]})");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_THAT(unknown.body, HasSubstr("'tools': there is no tool 'fax'; known are end_call, send_dtmf, transfer_call"));
  for (const std::string bad : {R"("end_call")", R"([7])", R"([""])", R"(["end_call","end_call"])", R"({"a":1})"})
    EXPECT_EQ(world.answer("POST", "/api/call", R"({"to":"+15550100002","tools":)" + bad + "}").status, 400) << bad;
}

TEST_F(CallTools, ThatWereNotOfferedAreNotDone) {
  uses("send_dtmf", R"({"digits":"1"})");
  const std::string id = runs();
  ASSERT_TRUE(hears(id, 1));
  EXPECT_THAT(heard(id), ElementsAre(R"(failed "there is no such tool")"));
  EXPECT_EQ(asked, "");
}

TEST_F(CallTools, KeysArePressedAndTheModelHearsItWhenTheStreamIsBack) {
  world.defaults.tools = {"send_dtmf"};
  uses("send_dtmf", R"({"digits":"12#"})");
  const std::string id = runs();
  ASSERT_TRUE(isAsked());
  EXPECT_EQ(asked, "12#");
  world.settle();
  EXPECT_TRUE(heard(id).empty()) << "in the gap nobody hears the model";
  ASSERT_EQ(comeBack(), 101);
  ASSERT_TRUE(hears(id, 1));
  EXPECT_THAT(heard(id), ElementsAre(R"(result {"status":"sent"})"));
}

TEST_F(CallTools, WithArgumentsThatMakeNoSenseFailWithASentence) {
  for (auto& [tool, arguments, said] : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"send_dtmf", R"({"digits":""})", "digits must be"},
           {"send_dtmf", R"({"digits":"hello"})", "digits must be"},
           {"send_dtmf", R"({"digits":12})", "digits must be"},
           {"send_dtmf", "nonsense", "no JSON object"},
           {"send_dtmf", R"({"digits":")" + std::string(65, '1') + "\"}", "digits must be"},
           {"transfer_call", R"({"to":"the boss"})", "E.164"},
           {"transfer_call", "{}", "E.164"}}) {
    bool told = false;
    if (!world.calls) begin();
    world.on([&, tool = tool, arguments = arguments] {
      control::OwnTools own(world.calls->legActs());
      own.run("nobody", tool, arguments, [&, said = said](EndpointAnswer answer) {
        told = true;
        EXPECT_TRUE(answer.failed);
        EXPECT_THAT(answer.json, HasSubstr(said)) << arguments;
      });
      return 0;
    });
    EXPECT_TRUE(told) << tool << arguments;
  }
}

TEST_F(CallTools, ATransferThatNobodyAnswersComesBackAsTheResult) {
  world.defaults.tools = {"transfer_call"};
  uses("transfer_call", R"({"to":"+15550100777","announce":"One moment."})");
  const std::string id = runs();
  ASSERT_TRUE(isAsked());
  EXPECT_EQ(asked, "+15550100777");
  isBusyThere(id);
  ASSERT_EQ(comeBack(), 101);
  ASSERT_TRUE(hears(id, 1));
  EXPECT_THAT(heard(id), ElementsAre(R"(failed {"status":"busy"})")) << "and no sentence besides";
}

TEST_F(CallTools, ATransferToANumberThatIsNotAllowedTellsTheModelNoNamesOfKeys) {
  world.defaults.tools = {"transfer_call"};
  world.defaults.dial.allow_to = *control::AllowList::parse("+1 !+1900");
  uses("transfer_call", R"({"to":"+19005550100"})");
  const std::string id = runs();
  ASSERT_TRUE(hears(id, 1));
  EXPECT_THAT(heard(id), ElementsAre(R"(failed "calls to that number are not allowed")"));
  EXPECT_EQ(asked, "");
  EXPECT_EQ(world.answer("POST", "/api/calls/" + id + "/dtmf", R"({"digits":"1"})").status, 202) << "nothing is left";
}

TEST_F(CallTools, TransfersCountAsDialsDo) {
  world.defaults.dial.per_number_per_hour = 1;
  const std::string id = runs();
  const std::string route = "/api/calls/" + id + "/transfer", body = R"({"to":"+15550100777"})";
  EXPECT_EQ(world.answer("POST", route, body).status, 202);
  isBusyThere(id);
  ASSERT_EQ(comeBack(), 101);
  ASSERT_TRUE(eventually([&] { return world.answer("POST", route, body).status != 409; }));
  const auto refused = world.answer("POST", route, body);
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.body, HasSubstr("calls.per_number_per_hour"));
}

TEST_F(CallTools, AnEndpointIsAskedWithTheCallAndItsAnswerIsTheResult) {
  world.defaults.endpoints["hours"].url = "http://shop.example.com";
  EndpointQuestion question;
  endpoint = [&](EndpointQuestion q, const std::function<void(EndpointAnswer)>& then) {
    question = std::move(q);
    then({R"({"open":"nine"})", false});
  };
  uses("hours", R"({"day":"monday"})");
  const std::string id = runs();
  ASSERT_TRUE(hears(id, 1));
  EXPECT_THAT(heard(id), ElementsAre(R"(result {"open":"nine"})"));
  EXPECT_EQ(question.name, "hours");
  EXPECT_EQ(question.tool.url, "http://shop.example.com");
  EXPECT_EQ(question.arguments_json, R"({"day":"monday"})");
  EXPECT_EQ(question.call, id);
  EXPECT_EQ(question.to, "+15550100002");
}

TEST_F(CallTools, AResultBehindTheEndOfTheCallIsDropped) {
  world.defaults.endpoints["hours"].url = "http://shop.example.com";
  std::function<void(EndpointAnswer)> late;
  endpoint = [&](const EndpointQuestion&, std::function<void(EndpointAnswer)> then) { late = std::move(then); };
  uses("hours", "{}");
  const std::string id = runs();
  ASSERT_TRUE(world.until([&] { return bool(late); }));
  EXPECT_EQ(world.on([&] { return world.calls->counts().tool_runs; }), 1u);
  EXPECT_EQ(world.answer("POST", "/api/calls/" + id + "/end").status, 200);
  ASSERT_TRUE(over(id));
  world.on([&] {
    late({"{}", false});
    late({"{}", false});
    return 0;
  });
  EXPECT_EQ(world.on([&] { return world.calls->counts().tool_runs; }), 0u);
  EXPECT_TRUE(heard(id).empty());
}

TEST_F(CallTools, KeysThatACallWaitsForAreForgottenWithIt) {
  world.defaults.tools = {"send_dtmf"};
  uses("send_dtmf", R"({"digits":"1"})");
  const std::string id = runs();
  ASSERT_TRUE(isAsked());
  EXPECT_EQ(world.answer("POST", "/api/calls/" + id + "/end").status, 200);
  ASSERT_TRUE(over(id));
  EXPECT_EQ(world.on([&] { return world.calls->counts().tool_runs; }), 0u);
  EXPECT_THAT(heard(id), Not(testing::Contains(HasSubstr("sent"))));
}

}  // namespace
}  // namespace control_test
