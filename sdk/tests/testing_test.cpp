#include <hookswitch/testing.hpp>

#include <gmock/gmock.h>

#include <functional>
#include <set>

using namespace hks::testing;

// What the scripted plugin does with its next message; reset by every test. Its sessions hold nothing.
namespace {

using Step = std::function<hks_status(const hks_msg*, const hks_sink*)>;
Step script;  // NOLINT: a test's plugin may keep a global

hks_session* HKS_CALL openSession() { return reinterpret_cast<hks_session*>(&script); }
hks_status HKS_CALL stepSession(hks_session*, const hks_msg* in, const hks_sink* out) { return script(in, out); }
void HKS_CALL closeSession(hks_session*) {}
constexpr hks_role role{&openSession, &stepSession, &closeSession};

template <class M>
void put(const hks_sink* out, uint32_t type, uint64_t id = 0, M m = {}) {
  reinterpret_cast<hks_msg&>(m) = {sizeof m, type, id};
  out->put(out, reinterpret_cast<const hks_msg*>(&m));
}

TEST(Player, EveryInputArrivesAsItWasWritten) {
  Message seen;
  script = [&](const hks_msg* in, const hks_sink*) {
    seen = Capture::of(in);
    return HKS_OK;
  };
  Player plugin(role);
  const Message inputs[] = {In::start({{"a", "b"}}, sampleCall()),
                            In::httpRequest(hostId(1), "POST", "/x?y=z", {{"H", "v"}}, "body", sampleCall()),
                            In::upgrade(hostId(2), "/ws/t"),
                            In::httpResponse(3, 200, "{}", {{"A", "1"}}),
                            In::noAnswer(4, "why", HKS_HTTP_UNSENT),
                            In::opened(5),
                            In::closed(6, 1001, "bye"),
                            In::timer(7),
                            In::accepted(8, sampleCall()),
                            In::refused(9, 429, "full"),
                            In::place(hostId(10), sampleCall()),
                            In::phase(hostId(11), HKS_PHASE_HANGUP),
                            In::heard("i", 1, 2),
                            In::data(12, "t"),
                            In::binary(13, std::string("\0\xff", 2)),
                            In::audio(HKS_S16_24K, "pcm", 99),
                            In::flush(),
                            In::notice("n", "c", HKS_WARN),
                            In::transcript(HKS_USER, "t"),
                            In::say("s"),
                            In::mark("m"),
                            In::dtmf("5"),
                            In::toolCall(14, "n", "{}"),
                            In::toolResult(15, "{}", true)};
  for (auto& in : inputs) {
    plugin.step(in);
    EXPECT_EQ(print(seen), print(in));
  }
}

TEST(Player, HistoryAndToolsArriveByTheirStride) {
  Message seen;
  script = [&](const hks_msg* in, const hks_sink*) {
    seen = Capture::of(in);
    return HKS_OK;
  };
  for (uint32_t growth : {0u, 8u, 100u}) {
    Player plugin(role, HKS_ROLE_VOICE);
    plugin.newerHost(growth);
    Message start = In::start();
    start.history = {{HKS_USER, 1, "one"}, {HKS_ASSISTANT, 2, "two"}};
    start.tools = {{"t1", "first", "{}"}, {"t2", "second", "{}"}};
    plugin.step(start);
    ASSERT_EQ(seen.history.size(), 2u);
    EXPECT_EQ(seen.history[1].text, "two");
    ASSERT_EQ(seen.tools.size(), 2u);
    EXPECT_EQ(seen.tools[1].description, "second");
    EXPECT_EQ(seen.about->to_number, sampleCall().to_number);  // a session of a call always has one
  }
}

TEST(Player, OutputsAreCopiesThatOutliveTheStep) {
  script = [](const hks_msg*, const hks_sink* out) {
    std::string url = "https://example.com", name = "N", value = "v";
    hks_pair header = {{name.data(), 1}, {value.data(), 1}};
    hks_http m{};
    m.url = {url.data(), url.size()}, m.headers = &header, m.header_count = 1;
    put(out, HKS_HTTP_CALL, 5, m);
    url.assign(url.size(), '#'), name = value = "#";
    return HKS_OK;
  };
  Player plugin(role);
  auto out = plugin.step(In::timer(1));
  EXPECT_EQ(out.only(HKS_HTTP_CALL).url, "https://example.com");
  EXPECT_EQ(header(out.only(HKS_HTTP_CALL), "n"), "v");
  EXPECT_EQ(out.only(HKS_HTTP_CALL).id, 5u);
}

TEST(Player, ATimerIsRememberedUntilItFiresOrIsCancelled) {
  script = [](const hks_msg* in, const hks_sink* out) {
    hks_timer m{};
    if (in->type == HKS_DTMF) m.after_ms = 100, put(out, HKS_TIMER, 1, m), m.after_ms = 200, put(out, HKS_TIMER, 2, m);
    if (in->type == HKS_FLUSH) m.after_ms = HKS_NEVER, put(out, HKS_TIMER, 2, m);
    return HKS_OK;
  };
  Player plugin(role);
  plugin.step(In::dtmf("1"));
  EXPECT_EQ(plugin.timers(), (std::map<uint64_t, uint64_t>{{1, 100}, {2, 200}}));
  plugin.step(In::timer(1));
  plugin.step(In::flush());
  EXPECT_TRUE(plugin.timers().empty());
}

TEST(Player, OnlyThrowsWhatCameWhenThereIsNotExactlyOne) {
  script = [](const hks_msg*, const hks_sink* out) {
    put<hks_msg>(out, HKS_FLUSH), put<hks_msg>(out, HKS_FLUSH);
    return HKS_OK;
  };
  Player plugin(role);
  auto out = plugin.step(In::timer(1));
  try {
    out.only(HKS_FLUSH);
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("expected exactly one FLUSH, got 2 in:\n  FLUSH\n  FLUSH\n"));
  }
  EXPECT_EQ(plugin.all().size(), 2u);
}

TEST(Player, AFullSinkTakesNoMore) {
  hks_status last = HKS_OK;
  script = [&](const hks_msg*, const hks_sink* out) {
    hks_msg m{sizeof m, HKS_FLUSH, 0};
    out->put(out, &m);
    last = out->put(out, &m);
    return HKS_OK;
  };
  Player plugin(role);
  plugin.fullAfter(1);
  EXPECT_EQ(plugin.step(In::timer(1)).size(), 1u);
  EXPECT_EQ(last, HKS_FULL);
}

TEST(Player, EveryStringIsAHeapBlockOfItsOwn) {
  // Exactly as long as the text, so that AddressSanitizer sees a read of a terminating NUL, and freed with the Wire.
  const Message in = In::httpRequest(hostId(1), "GET", "GET", {{"GET", "GET"}});
  const Wire wire(in);
  hks_http m;
  std::memcpy(&m, wire.get(), sizeof m);
  ASSERT_EQ(m.header_count, 1u);
  const std::set<const void*> blocks = {wire.get(), m.method.data,          m.url.data,
                                        m.headers,  m.headers[0].name.data, m.headers[0].value.data};
  EXPECT_EQ(blocks.size(), 6u);
  EXPECT_EQ(m.body.data, nullptr);
}

/// The rules: what a plugin must not do, and the words the player has for it.
struct Rule {
  const char* role;
  Step step;
  const char* words;
};
void PrintTo(const Rule& rule, std::ostream* out) { *out << rule.words; }
class Rules : public testing::TestWithParam<Rule> {};

TEST_P(Rules, AreEnforced) {
  script = GetParam().step;
  Player plugin(role, GetParam().role);
  try {
    plugin.step(In::timer(1));
    FAIL() << "nothing was found";
  } catch (const RuleBroken& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr(GetParam().words));
  }
}

template <class M, uint32_t type>
hks_status sends(const hks_msg*, const hks_sink* out) {
  put<M>(out, type);
  return HKS_OK;
}
hks_status sendsSize(const hks_sink* out, uint32_t size, uint32_t type) {
  hks_http m{};
  m.msg = {size, type, 0};
  return out->put(out, &m.msg), HKS_OK;
}

INSTANTIATE_TEST_SUITE_P(
    Player, Rules,
    testing::Values(
        Rule{HKS_ROLE_VOICE, &sends<hks_hook, HKS_HOOK>, "HOOK from a session of role hookswitch.voice/1"},
        Rule{HKS_ROLE_CONTROL, &sends<hks_audio, HKS_AUDIO>, "AUDIO from a session of role hookswitch.control/1"},
        Rule{HKS_ROLE_VOICE, &sends<hks_mark, HKS_MARK>, "MARK from a session"},
        Rule{HKS_ROLE_CARRIER, &sends<hks_transcript, HKS_TRANSCRIPT>, "TRANSCRIPT from a session"},
        Rule{HKS_ROLE_VOICE, &sends<hks_notice, HKS_SAY>, "SAY from a session"},
        Rule{HKS_ROLE_CONTROL, &sends<hks_start, HKS_START>, "START is the host's to send"},
        Rule{HKS_ROLE_CONTROL, &sends<hks_msg, 4242>, "unknown type 4242"},
        Rule{HKS_ROLE_CONTROL, [](auto, auto out) { return sendsSize(out, 0, HKS_HTTP_CALL); }, "HTTP_CALL of size 0"},
        Rule{HKS_ROLE_CONTROL, [](auto, auto out) { return sendsSize(out, 16, HKS_HTTP_CALL); },
             "shorter than its record"},
        Rule{HKS_ROLE_CONTROL,
             [](auto, auto out) {
               hks_http m{};
               m.body.size = 9;
               put(out, HKS_HTTP_CALL, 0, m);
               return HKS_OK;
             },
             "without data"},
        Rule{HKS_ROLE_CONTROL, [](auto, auto out) { return out->put(out, nullptr), HKS_OK; }, "NULL was put"},
        Rule{HKS_ROLE_CONTROL, [](auto, auto) -> hks_status { throw 1; }, "an exception left step()"}));

TEST(Player, AKeptSinkIsFoundOut) {
  const hks_sink* kept = nullptr;
  script = [&](const hks_msg*, const hks_sink* out) {
    kept = out;
    return HKS_OK;
  };
  Player plugin(role);
  plugin.step(In::timer(1));
  hks_msg m{sizeof m, HKS_FLUSH, 0};
  EXPECT_EQ(kept->put(kept, &m), HKS_INVALID);
  EXPECT_THAT(plugin.violations(), testing::ElementsAre("the sink was used after the step it belongs to"));
}

TEST(Player, ATolerantOneCollectsWhatItWouldThrow) {
  script = &sends<hks_msg, 4242>;
  Player plugin(role);
  plugin.tolerant();
  EXPECT_TRUE(plugin.step(In::timer(1)).empty());
  EXPECT_EQ(plugin.violations().size(), 1u);
}

TEST(Player, AnOlderHostSaysThatItDoesNotKnowAMessage) {
  hks_status said = HKS_OK;
  uint32_t size = 0;
  script = [&](const hks_msg*, const hks_sink* out) {
    auto* messages = static_cast<const hks_messages*>(out->get(out, HKS_MESSAGES));
    size = messages->size(out, HKS_KEEP);
    hks_keep m{};
    m.msg = {sizeof m, HKS_KEEP, 1};
    said = out->put(out, &m.msg);
    return HKS_OK;
  };
  Player(role, HKS_ROLE_CONTROL).step(In::timer(1));
  EXPECT_EQ(size, sizeof(hks_keep));
  EXPECT_EQ(said, HKS_OK);
  Player older(role, HKS_ROLE_CONTROL);
  EXPECT_TRUE(older.without(HKS_KEEP).step(In::timer(1)).empty());
  EXPECT_EQ(size, 0u);
  EXPECT_EQ(said, HKS_UNSUPPORTED);
  EXPECT_TRUE(older.violations().empty()) << "to try it is no broken rule";
}

TEST(Player, AMessageForOtherRolesIsNotGiven) {
  int steps = 0;
  script = [&](const hks_msg*, const hks_sink*) {
    ++steps;
    return HKS_OK;
  };
  Player plugin(role, HKS_ROLE_CONTROL);
  EXPECT_THROW(plugin.step(In::notice("for notifiers")), std::invalid_argument);
  plugin.tolerant().step(In::notice("for notifiers"));
  EXPECT_EQ(plugin.status(), HKS_UNSUPPORTED);
  EXPECT_EQ(steps, 0);
}

TEST(Player, RefusesARoleThatThePluginDoesNotHave) {
  static const hks_entry entry = {
      1, 0, sizeof(hks_entry), 0, "none", "None", "1", [](const char*) -> const void* { return nullptr; }};
  EXPECT_THROW(Player{entry}, std::runtime_error);
}

TEST(Player, RefusesASettingThatThePluginDoesNotDeclare) {
  static constexpr hks_key keys[] = {{sizeof(hks_key), HKS_TEXT, 0, 0, "known", "default", "", "", "", ""}};
  static constexpr hks_settings settings{keys, 1, sizeof(hks_key)};
  static const hks_entry entry = {1, 0, sizeof(hks_entry), 0, "s", "S", "1", [](const char* id) -> const void* {
                                    return std::string(id) == HKS_SETTINGS ? static_cast<const void*>(&settings)
                                                                           : &role;
                                  }};
  Pairs seen;
  script = [&](const hks_msg* in, const hks_sink*) {
    seen = Capture::of(in).settings;
    return HKS_OK;
  };
  Player plugin(entry);
  plugin.step(In::start());
  EXPECT_EQ(seen, (Pairs{{"known", "default"}}));
  EXPECT_THROW(plugin.step(In::start({{"knwon", "x"}})), std::invalid_argument);
}

TEST(Print, NamesWhatIsSetAndEscapesTheRest) {
  Message m = In::binary(7, std::string("a\"\n\xff", 4));
  EXPECT_EQ(print(m), "DATA #7 bytes=\"a\\\"\\n\\xff\"");
  m.bytes.assign(1000, 'x');
  EXPECT_THAT(print(m), testing::HasSubstr("... (1000 bytes)"));
  EXPECT_EQ(print(In::of(4242)), "type 4242");
}

}  // namespace
