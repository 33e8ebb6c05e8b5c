#include <hookswitch/plugin.hpp>
#include <hookswitch/testing.hpp>

#include <gmock/gmock.h>

#include <stdexcept>

using namespace hks::testing;

namespace {

constexpr hks_key keys[] = {
    hks::key("enabled", HKS_BOOLEAN, "true", "on or off"),
    hks::key("count", HKS_INTEGER, "7", "a number"),
    hks::key("mode", HKS_CHOICE, "fast", "a choice", 0, "fast|slow"),
    hks::key("token", HKS_TEXT, "", "a secret", HKS_SECRET | HKS_REQUIRED),
};

/// Says what it got, so that the tests see what the wrapper made of it.
class Probe : public hks::Session {
 public:
  ~Probe() override { ++closed; }
  void onStart(const hks_start& start, hks::Out& out) override {
    const hks::Settings s(start);
    out.log(HKS_INFO, s["mode"] + " " + std::to_string(s.number("count")) + " " + (s.on("enabled") ? "on" : "off") +
                          " '" + s["token"] + "' '" + s["undeclared"] + "'");
  }
  void onPhase(const hks_phase& phase, hks::Out& out) override {
    const auto record = hks::record<hks_record>(phase.record);
    const auto call = hks::record<hks_call>(record.call);
    std::string lines;
    for (uint64_t i = 0; i < record.line_count; ++i)
      lines += "|" + std::string(hks::text(hks::element(record.lines, record.line_size, i).text));
    out.log(HKS_INFO, std::string(hks::text(call.to_number)) + lines);
    out.hookDone(phase.msg.id);
  }
  void onTimer(uint64_t id, hks::Out&) override {
    if (id == 1) throw std::runtime_error("the plugin's own sentence");
    throw 42;
  }
  void onDtmf(hks::Text digits, hks::Out& out) override {
    const bool asked =
        call(out, {"GET", "https://example.com/" + std::string(digits)}, [this](const hks_http& r, hks::Out& o) {
          o.log(HKS_INFO, std::to_string(r.status) + " " + std::string(hks::header(r, "X-One")));
          if (r.status == 0)
            call(o, {"GET", "https://example.com/again"},
                 [](const hks_http&, hks::Out& p) { p.log(HKS_INFO, "again"); });
        });
    if (!asked) refused = true;
  }
  static inline int closed = 0;
  static inline bool refused = false;
};

struct Refuses : hks::Session {
  Refuses() { throw std::runtime_error("no"); }
};

}  // namespace

HKS_PLUGIN("probe", "Probe", "2.1.0", hks::Keys<keys>, hks::Control<Probe>, hks::Voice<Refuses>);

namespace {

TEST(Entry, CarriesVersionSizeAndIdentity) {
  EXPECT_EQ(hks_plugin_entry.abi_major, HKS_ABI_MAJOR);
  EXPECT_EQ(hks_plugin_entry.size, sizeof(hks_entry));
  EXPECT_STREQ(hks_plugin_entry.id, "probe");
  EXPECT_EQ(hks_plugin_entry.get(HKS_ROLE_CARRIER), nullptr);
  EXPECT_EQ(hks_plugin_entry.get(HKS_ROLE_CONTROL), &hks::Control<Probe>::table);
}

TEST(Entry, ListsTheDeclaredSettings) {
  auto* settings = static_cast<const hks_settings*>(hks_plugin_entry.get(HKS_SETTINGS));
  ASSERT_EQ(settings->count, 4u);
  EXPECT_EQ(settings->key_size, sizeof(hks_key));
  EXPECT_STREQ(settings->keys[2].choices, "fast|slow");
  EXPECT_EQ(settings->keys[3].flags, uint32_t(HKS_SECRET | HKS_REQUIRED));
}

TEST(Settings, ReadTextNumbersAndSwitches) {
  Player plugin(hks_plugin_entry);
  EXPECT_EQ(plugin.step(In::start({{"token", "abc"}, {"enabled", "off"}})).only(HKS_LOG).text, "fast 7 off 'abc' ''");
}

TEST(Records, OfALaterHostAreReadByTheirStride) {
  Player plugin(hks_plugin_entry);
  plugin.newerHost(40);
  auto out = plugin.step(In::phase(hostId(1), HKS_PHASE_NOTIFY));
  EXPECT_EQ(out.only(HKS_LOG).text, "+15550001111|Hello, how can I help?|When do you open?|At nine.");
}

TEST(Records, OfAnEarlierHostReadAsZeroWhereTheyEnd) {
  Player plugin(hks_plugin_entry);
  Message shorter = In::phase(hostId(1), HKS_PHASE_NOTIFY);
  shorter.size = offsetof(hks_phase, record);
  EXPECT_EQ(plugin.step(shorter).only(HKS_LOG).text, "");
}

TEST(Barrier, TurnsAnExceptionIntoALogLineAndAFault) {
  Player plugin(hks_plugin_entry);
  auto out = plugin.step(In::timer(1));
  EXPECT_EQ(plugin.status(), HKS_FAULT);
  EXPECT_EQ(out.only(HKS_LOG).text, "the plugin's own sentence");
  EXPECT_EQ(out.only(HKS_LOG).level, uint32_t(HKS_ERROR));
}

TEST(Barrier, StopsWhatIsNotAStandardException) {
  Player plugin(hks_plugin_entry);
  EXPECT_EQ(plugin.step(In::timer(2)).count(HKS_LOG), 1u);
  EXPECT_EQ(plugin.status(), HKS_FAULT);
}

TEST(Barrier, AConstructorThatThrowsRefusesTheSession) {
  EXPECT_THROW(Player(hks_plugin_entry, HKS_ROLE_VOICE), std::runtime_error);
}

TEST(Session, IsDeletedOnceWhenItIsClosed) {
  const int before = Probe::closed;
  { Player plugin(hks_plugin_entry); }
  EXPECT_EQ(Probe::closed, before + 1);
}

TEST(Continuation, RunsOnceWithTheAnswerToItsRequest) {
  Player plugin(hks::Role<Probe>::table);
  const uint64_t one = plugin.step(In::dtmf("1")).only(HKS_HTTP_CALL).id;
  const uint64_t two = plugin.step(In::dtmf("2")).only(HKS_HTTP_CALL).id;
  EXPECT_NE(one, two);
  EXPECT_EQ(plugin.step(In::httpResponse(two, 201, "", {{"x-ONE", "yes"}})).only(HKS_LOG).text, "201 yes");
  EXPECT_TRUE(plugin.step(In::httpResponse(two, 200)).empty());
  EXPECT_EQ(plugin.step(In::httpResponse(one, 404)).only(HKS_LOG).text, "404 ");
}

TEST(Continuation, MayAskAgain) {
  Player plugin(hks::Role<Probe>::table);
  const uint64_t one = plugin.step(In::dtmf("1")).only(HKS_HTTP_CALL).id;
  auto out = plugin.step(In::noAnswer(one, "timed out"));
  EXPECT_EQ(out.only(HKS_HTTP_CALL).url, "https://example.com/again");
  EXPECT_EQ(plugin.step(In::httpResponse(out.only(HKS_HTTP_CALL).id, 200)).only(HKS_LOG).text, "again");
}

TEST(Continuation, OfARequestThatTheHostRefusedIsForgotten) {
  Player plugin(hks::Role<Probe>::table);
  plugin.fullAfter(0);
  Probe::refused = false;
  plugin.step(In::dtmf("1"));
  EXPECT_TRUE(Probe::refused);
  plugin.fullAfter(10);
  EXPECT_TRUE(plugin.step(In::httpResponse((uint64_t(1) << 32) + 1, 200)).empty());
}

TEST(Defaults, RefuseWhatTheSessionDoesNotDo) {
  Player plugin(hks_plugin_entry);
  EXPECT_EQ(plugin.step(In::place(hostId(1), sampleCall())).only(HKS_CALL_FAILED).http_status, 502u);
  EXPECT_EQ(plugin.step(In::toolCall(hostId(2), "x", "{}")).only(HKS_TOOL_RESULT).failed, 1u);
}

TEST(Defaults, AMessageOfALaterHostIsNoError) {
  Player plugin(hks_plugin_entry);
  EXPECT_TRUE(plugin.step(In::of(99)).empty());
  EXPECT_EQ(plugin.status(), HKS_OK);
}

}  // namespace
