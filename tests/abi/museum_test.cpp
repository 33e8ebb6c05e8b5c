// The museum is itself under test: every specimen has the defect that README.md says, and no other.
#include <hookswitch/testing.hpp>

#include <dlfcn.h>

#include <gmock/gmock.h>

#include <memory>
#include <string>

using namespace hks::testing;
using testing::HasSubstr;

namespace {

std::string path(const std::string& name) { return std::string(HOOKSWITCH_MUSEUM) + "/" + name + ".so"; }

/// The entry of a specimen that can be loaded; NULL and a failure otherwise. Never unloaded.
const hks_entry* entryOf(const std::string& name) {
  void* library = dlopen(path(name).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) return ADD_FAILURE() << dlerror(), nullptr;
  return static_cast<const hks_entry*>(dlsym(library, "hks_plugin_entry"));
}

/// A session of a specimen that has been started.
struct Started {
  explicit Started(const std::string& name, const char* role = HKS_ROLE_CONTROL) : plugin(*entryOf(name), role) {
    plugin.tolerant();
    out = plugin.step(In::start());
  }
  Outputs ask(uint64_t id = hostId(100)) { return plugin.step(In::phase(id, HKS_PHASE_NOTIFY)); }
  Player plugin;
  Outputs out;
};

TEST(Museum, TheSoundPluginHooksAndAnswers) {
  Started s("sound");
  EXPECT_EQ(s.out.only(HKS_HOOK).phase, uint32_t(HKS_PHASE_NOTIFY));
  EXPECT_EQ(s.ask().only(HKS_HOOK_DONE).id, hostId(100));
}

TEST(Museum, EntriesHaveTheirOneDefect) {
  EXPECT_EQ(entryOf("wrong_major")->abi_major, HKS_ABI_MAJOR + 1);
  EXPECT_STREQ(entryOf("empty_id")->id, "");
  EXPECT_EQ(entryOf("null_id")->id, nullptr);
  EXPECT_THAT(entryOf("bad_id")->id, HasSubstr("/"));
  EXPECT_EQ(std::string(entryOf("long_id")->id).size(), 33u);
  EXPECT_LT(entryOf("small_entry")->size, HKS_ENTRY_SIZE_1_0);
  EXPECT_EQ(entryOf("no_get")->get, nullptr);
  EXPECT_EQ(entryOf("no_roles")->get(HKS_ROLE_CONTROL), nullptr);
  EXPECT_NE(entryOf("two_roles")->get(HKS_ROLE_CONTROL), nullptr);
  EXPECT_NE(entryOf("two_roles")->get(HKS_ROLE_NOTIFIER), nullptr);
  EXPECT_EQ(static_cast<const hks_role*>(entryOf("empty_function")->get(HKS_ROLE_CONTROL))->step, nullptr);
  EXPECT_STREQ(entryOf("twin_a")->id, entryOf("twin_b")->id);
  EXPECT_EQ(entryOf("missing_symbol"), nullptr);
}

TEST(Museum, AnUndefinedSymbolLoadsOnlyLazily) {
  EXPECT_EQ(dlopen(path("undefined_symbol").c_str(), RTLD_NOW | RTLD_LOCAL), nullptr);
  EXPECT_THAT(dlerror(), HasSubstr("there_is_no_such_function"));
}

TEST(Museum, ALaterMinorVersionPlaysWithTodaysHost) {
  const hks_entry* entry = entryOf("newer_minor");
  EXPECT_EQ(entry->abi_minor, HKS_ABI_MINOR + 1);
  EXPECT_GT(entry->size, sizeof(hks_entry));
  Started s("newer_minor");
  EXPECT_EQ(s.out.only(HKS_LOG).text, "the host is older");
  EXPECT_GT(s.out.only(HKS_HOOK).size, sizeof(hks_hook));
  auto answer = s.ask();
  EXPECT_EQ(answer.only(HKS_LOG).text, "last line: At nine.");
  EXPECT_EQ(answer.only(HKS_HOOK_DONE).state, uint32_t(HKS_HOOK_OK));
}

TEST(Museum, TheSilentHookIsSilentInEveryPhase) {
  Started s("hook_silent");
  EXPECT_EQ(s.out.count(HKS_HOOK), 5u);
  EXPECT_TRUE(s.ask().empty());
}

TEST(Museum, TheThrowingHookIsStoppedByTheWrapper) {
  Started s("hook_throws");
  EXPECT_THAT(s.ask().only(HKS_LOG).text, HasSubstr("threw"));
  EXPECT_EQ(s.plugin.status(), HKS_FAULT);
  EXPECT_TRUE(s.plugin.violations().empty());
}

TEST(Museum, TheRawExceptionCrossesTheBoundary) {
  Started s("hook_throws_raw");
  s.ask();
  EXPECT_THAT(s.plugin.violations(), testing::ElementsAre("an exception left step()"));
}

TEST(Museum, TheLateHookWaitsForItsTimer) {
  Started s("hook_late");
  auto asked = s.ask();
  EXPECT_FALSE(asked.has(HKS_HOOK_DONE));
  EXPECT_EQ(asked.only(HKS_TIMER).after_ms, 3000u);
  EXPECT_EQ(s.plugin.step(In::timer(hostId(100))).only(HKS_HOOK_DONE).id, hostId(100));
}

TEST(Museum, HooksAnsweredTwiceOrForOthers) {
  EXPECT_EQ(Started("hook_twice").ask().count(HKS_HOOK_DONE), 2u);
  auto foreign = Started("hook_foreign").ask();
  EXPECT_EQ(foreign.count(HKS_HOOK_DONE), 18u);
  for (auto& m : foreign) EXPECT_NE(m.id, hostId(100));
}

TEST(Museum, RetriesAndNonsense) {
  EXPECT_EQ(Started("hook_retries").ask().only(HKS_HOOK_DONE).state, uint32_t(HKS_HOOK_RETRY));
  Started s("hook_nonsense");
  EXPECT_EQ(s.out.count(HKS_HOOK), 5u);
  EXPECT_EQ(s.ask().only(HKS_HOOK_DONE).state, 4242u);
}

TEST(Museum, TheFloodFillsTheSinkAndTheTimerSpins) {
  Started s("floods");
  EXPECT_EQ(s.ask().size(), 4096u);
  Started t("timer_spin");
  EXPECT_EQ(t.plugin.step(In::timer(1)).only(HKS_TIMER).after_ms, 0u);
}

TEST(Museum, SessionsThatDoNotOpenOrAlwaysFail) {
  EXPECT_THROW(Player(*entryOf("open_null")), std::runtime_error);
  Started s("always_fault");
  EXPECT_EQ(s.plugin.status(), HKS_FAULT);
  EXPECT_TRUE(s.out.has(HKS_HOOK));
}

TEST(Museum, RoutesOfOthersAndAnswersThatDoNotCome) {
  Started s("route_thief");
  EXPECT_EQ(s.out.count(HKS_ROUTE), 9u);
  EXPECT_EQ(s.out.count(HKS_ENDPOINT), 2u);
  EXPECT_EQ(s.plugin.step(In::httpRequest(hostId(1), "GET", "/route_thief?x=1")).only(HKS_HTTP_REPLY).body, "mine");
  EXPECT_EQ(s.plugin.step(In::httpRequest(hostId(1), "GET", "/health")).only(HKS_HTTP_REPLY).body, "stolen");
  Started n("reply_never");
  EXPECT_TRUE(n.plugin.step(In::httpRequest(hostId(1), "GET", "/reply_never")).empty());
  EXPECT_EQ(n.plugin.step(In::httpRequest(hostId(1), "GET", "/reply_twice")).count(HKS_HTTP_REPLY), 3u);
}

TEST(Museum, WhatCanBeSeenToBeMalformedIsSentAndRefused) {
  Started s("malformed");
  EXPECT_EQ(s.plugin.violations().size(), 12u);
  EXPECT_TRUE(s.out.has(HKS_HOOK));
  EXPECT_EQ(s.plugin.step(In::httpRequest(hostId(1), "GET", "/malformed")).only(HKS_HTTP_REPLY).body,
            "[-2,-2,-2,-2,-4,-4,-4,-4,-2,-2,-2,-2]");
}

TEST(Museum, TheWrongRoleSendsWhatItMustNotAndThenWorks) {
  Started s("wrong_role");
  EXPECT_EQ(s.plugin.violations().size(), 10u);
  EXPECT_EQ(s.ask().only(HKS_HOOK_DONE).id, hostId(100));
}

TEST(Museum, AnIdlePluginIsNotToBeStarted) {
  Started s("idle");
  EXPECT_EQ(s.plugin.status(), HKS_FAULT);
}

TEST(Museum, VoicesThatAreMuteGoneThrowingOrFlooding) {
  EXPECT_TRUE(Started("voice_mute", HKS_ROLE_VOICE).out.empty());
  EXPECT_TRUE(Started("voice_gone", HKS_ROLE_VOICE).out.has(HKS_GONE));
  const Message audio = In::audio(HKS_PCMU_8K, std::string(160, '\xff'));
  Started throws("voice_throws", HKS_ROLE_VOICE);
  EXPECT_TRUE(throws.out.has(HKS_READY));
  throws.plugin.step(audio);
  EXPECT_EQ(throws.plugin.status(), HKS_FAULT);
  EXPECT_TRUE(Started("voice_heavy", HKS_ROLE_VOICE).out.has(HKS_TIMER));
  EXPECT_EQ(Started("voice_floods", HKS_ROLE_VOICE).plugin.step(audio).size(), 4096u);
}

}  // namespace
