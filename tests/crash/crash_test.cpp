// The gateway is killed with SIGKILL at labelled instants, started again, and the world compared.
//
// Every scenario is played once undisturbed, which tells all the cut points it passes; then it is played once for each
// of them, with a kill there. HOOKSWITCH_CRASH_KILLS=1000: the long form. HOOKSWITCH_CRASH_ONLY=text: only kills whose
// description ("scenario / label@detail#n") has this text.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "tests/crash/scenarios.hpp"

using namespace crash_test;
using system_test::Answer;
using system_test::gauges;
using system_test::until;
using system_test::WorldOptions;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kills_wanted = 10, workers = 2;
#else
constexpr std::size_t kills_wanted = 72, workers = 4;
#endif

struct Kill {
  const Scenario* scenario;
  std::string cut;  ///< label[@detail]#n
  std::string str() const { return std::string(scenario->name) + " / " + cut; }
};

struct Account {
  std::mutex mutex;
  long kills = 0, at_rest = 0, legs_over = 0, records = 0, raw_duplicates = 0, id_duplicates = 0;
};

WorldOptions options() {
  WorldOptions o;
  o.crash_variant = true;
  o.settings = {"calls.connect_timeout_s=300", "calls.voice_retry_s=0"};
  return o;
}

void prepare(World& world) { world.command("twilio/plan", {{"queue_ms", 0}, {"ring_ms", 5}, {"answer_ms", 10}}); }

bool atRest(const World& world) {
  const auto now = gauges(world);
  for (const char* name : {"hookswitch_calls_live", "hookswitch_legs_unconfirmed", "hookswitch_hooks_pending"}) {
    const auto found = now.find(name);
    if (found == now.end() || found->second != 0) return false;
  }
  return world.state("twilio")["live_calls"] == 0;
}

std::vector<std::string> recordsOf(const World& world, const std::string& number) {
  std::vector<std::string> ids;
  const Json answer = world.get("/api/calls?state=ended&limit=1000&number=%2B" + number.substr(1)).json();
  if (answer.is_object() && answer.contains("calls"))
    for (auto& call : answer["calls"]) ids.push_back(call["call_id"]);
  return ids;
}

/// Everything that must hold for one call, however often the gateway died.
void compareCall(const Run& run, const std::string& id, Account& account) {
  const World& world = run.world;
  const Json detail = world.call(id);
  ASSERT_TRUE(detail.is_object()) << id;
  EXPECT_EQ(detail.value("status", ""), "ended") << detail;
  EXPECT_FALSE(detail.value("ended_at", "").empty()) << detail;
  for (auto& r : detail["teardown"]) {
    const std::string state = r["state"];
    EXPECT_TRUE(state == "done" || state == "skipped") << r << " in " << detail["teardown"];
  }
  const auto deliveries = world.deliveries(id);
  long raw = 0, same_event = 0;
  for (const char* phase : {"hangup", "disconnect", "record", "notify"}) {
    EXPECT_EQ(system_test::row(detail, phase, "witness").value("state", ""), "done")
        << phase << ": " << detail["teardown"];
    std::set<std::string> event_ids;
    long count = 0;
    for (auto& d : deliveries)
      if (d.event_id.find(std::string(":") + phase + ":") != std::string::npos) event_ids.insert(d.event_id), ++count;
    EXPECT_EQ(event_ids.size(), 1u) << phase << " has not exactly one event id";
    EXPECT_LE(count, 1 + run.crashes) << phase << " was delivered too often";
    raw += std::max(0L, count - 1);
    same_event += std::max(0L, long(event_ids.size()) - 1);
  }
  for (const char* plugin : {"telegram", "gateway"})
    EXPECT_EQ(system_test::row(detail, "notify", plugin).value("state", ""), "done") << detail["teardown"];
  // A fault of the receiver's own that loses an answer makes a duplicate just like a crash.
  const int lost_answers = 1;
  const int telegram = world.telegramMessages(id), assistant = world.toldOfEnd(id);
  EXPECT_GE(telegram, 1);
  EXPECT_LE(telegram, 1 + run.crashes);
  EXPECT_GE(assistant, 1);
  EXPECT_LE(assistant, 1 + run.crashes + lost_answers);
  raw += std::max(0, telegram - 1) + std::max(0, assistant - 1);
  std::lock_guard<std::mutex> lock(account.mutex);
  ++account.records;
  account.raw_duplicates += raw;
  account.id_duplicates += same_event;
}

void compare(const Run& run, bool client_was_told, Account& account) {
  const World& world = run.world;
  const auto records = recordsOf(world, run.number);
  const std::set<std::string> ids(records.begin(), records.end());
  EXPECT_EQ(ids.size(), records.size()) << "a call is listed twice";
  EXPECT_LE(records.size(), 1u) << "more than one record of one call";
  for (auto& id : world.liveCalls()) EXPECT_EQ(ids.count(id), 0u) << "live and ended";
  long legs = 0;
  bool taken = client_was_told;
  const Json calls = system_test::http("GET", world.controlUrl() + "/twilio/calls").json();
  for (auto& leg : calls["calls"]) {
    if (leg["to"] != run.number && leg["from"] != run.number) continue;
    ++legs;
    // An outbound leg is there because we asked for it; an incoming one is ours once its webhook was answered.
    taken |= leg["direction"] != "inbound";
    for (auto& webhook : leg["webhooks"]) taken |= webhook.value("status", 0) == 200;
    EXPECT_TRUE(leg["over"].get<bool>()) << leg;
    EXPECT_TRUE(leg["direction"] == "inbound" || ids.count(leg.value("gw_call", "")) == 1)
        << "a leg without a record: " << leg;
  }
  EXPECT_LE(legs, 1) << "the number was called twice";
  EXPECT_TRUE(records.size() == 1 || !taken)
      << "a leg that we took, or a client that was told of a call, and no record";
  for (auto& id : ids) compareCall(run, id, account);
  std::lock_guard<std::mutex> lock(account.mutex);
  account.legs_over += legs;
}

/// Whoever got no answer asks again with the same key, and must not cause a second call.
void askAgain(Run& run) {
  const Answer again = run.place();
  EXPECT_NE(again.status, 0);
  EXPECT_NE(again.status, 409) << "still in progress after the recovery: " << again.body;
  if (again.status != 201) return;
  const std::string id = again.json().value("call_id", "");
  if (again.header("Idempotent-Replayed") != "true") run.world.post("/api/calls/" + id + "/end");
}

void kill(World& world, const Kill& wish, int serial, Account& account) {
  char number[24];
  std::snprintf(number, sizeof number, "+1555%07d", serial);
  Run run{world, number, "key-" + std::to_string(serial)};
  run.arm = [&] { world.armCut(wish.cut); };
  wish.scenario->play(run);
  until([&] { return !world.gateway().running() || atRest(world); }, 20000);
  const bool in_time = !world.gateway().running();
  world.killGateway();
  world.armCut("");
  ++run.crashes;
  // A leg whose create request was on its way is waited for; this start believes that a minute has passed since.
  world.moveClocks(0, 61'000);
  world.startGateway();
  EXPECT_TRUE(until([&] { return atRest(world); }, 90000))
      << world.get("/api/metrics").body << world.get("/api/hooks?state=pending").body;
  const bool outbound = std::string(wish.scenario->name) != "incoming";
  if (outbound) {
    askAgain(run);
    EXPECT_TRUE(until([&] { return atRest(world); }, 90000)) << world.get("/api/hooks?state=pending").body;
  }
  compare(run, false, account);
  world.moveClocks(0, -61'000);
  if (::testing::Test::HasFailure()) std::fprintf(stderr, "--- after: %s (%s)\n", wish.str().c_str(), number);
  // What is over is of no interest to the kills that follow.
  world.command("twilio/reset");
  world.command("telegram/reset");
  prepare(world);
  std::lock_guard<std::mutex> lock(account.mutex);
  ++account.kills;
  if (!in_time) ++account.at_rest;
}

/// Every passing of every scenario that nothing disturbs.
std::vector<Kill> allKills(World& world) {
  std::vector<Kill> kills;
  int serial = 9'000'000;
  for (auto& scenario : scenarios()) {
    Run run{world, "+1555" + std::to_string(++serial), "key-" + std::to_string(serial)};
    std::size_t begin = world.passings().size();
    run.arm = [&] { begin = world.passings().size(); };
    scenario.play(run);
    if (!world.gateway().running()) world.startGateway();  // drained
    EXPECT_TRUE(until([&] { return atRest(world); }, 60000)) << scenario.name << ": " << world.get("/api/metrics").body;
    Account ignored;
    compare(run, false, ignored);
    const auto passings = world.passings();
    std::map<std::string, int> count;
    for (std::size_t i = begin; i < passings.size(); ++i) {
      const int n = ++count[passings[i]];
      kills.push_back({&scenario, passings[i] + "#" + std::to_string(n)});
    }
  }
  return kills;
}

/// So many of them that each label and detail is there, then scenario by scenario; more than there are: from the start
/// again.
std::vector<Kill> choose(std::vector<Kill> all, std::size_t count) {
  std::mt19937 random(4711);
  std::shuffle(all.begin(), all.end(), random);
  std::set<std::string> seen;
  std::stable_partition(all.begin(), all.end(),
                        [&](const Kill& k) { return seen.insert(k.cut.substr(0, k.cut.rfind('#'))).second; });
  const std::size_t distinct = all.size();
  while (!all.empty() && all.size() < count) all.push_back(all[all.size() % distinct]);
  all.resize(std::min(all.size(), count));
  return all;
}

}  // namespace

TEST(Crash, WhereverTheGatewayDiesTheCallIsOverRecordedOnceAndToldToEverybody) {
  const char* wish = std::getenv("HOOKSWITCH_CRASH_KILLS");
  const char* only = std::getenv("HOOKSWITCH_CRASH_ONLY");
  std::vector<Kill> all;
  {
    World world(options());
    prepare(world);
    all = allKills(world);
  }
  ASSERT_GT(all.size(), 20u) << "the cut points were not passed";
  if (only)
    all.erase(std::remove_if(all.begin(), all.end(), [&](auto& k) { return k.str().find(only) == std::string::npos; }),
              all.end());
  std::set<std::string> names;
  for (auto& k : all) names.insert(k.cut.substr(0, k.cut.rfind('#')));
  const auto kills = choose(all, wish ? std::size_t(std::atoi(wish)) : only ? all.size() : kills_wanted);
  std::printf("%zu passings of %zu cut points; %zu kills follow\n", all.size(), names.size(), kills.size());
  std::fflush(stdout);

  Account account;
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (std::size_t w = 0; w < std::min(workers, kills.size()); ++w)
    threads.emplace_back([&] {
      try {
        World world(options());
        prepare(world);
        for (std::size_t i; (i = next++) < kills.size() && !::testing::Test::HasFailure();)
          kill(world, kills[i], int(i) + 1, account);
      } catch (const std::exception& e) {
        ADD_FAILURE() << e.what();
      }
    });
  for (auto& thread : threads) thread.join();
  std::printf(
      "%ld kills (%ld of them at rest, the cut was not passed), %ld legs over, %ld records, raw duplicates %ld, "
      "duplicates by event id %ld\n",
      account.kills, account.at_rest, account.legs_over, account.records, account.raw_duplicates,
      account.id_duplicates);
  EXPECT_EQ(account.id_duplicates, 0);
}
