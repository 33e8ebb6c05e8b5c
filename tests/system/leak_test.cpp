// Thousands of short calls through one process: whatever a call takes, it gives back.
//
// HOOKSWITCH_LEAK_CALLS=100000: the long form.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <thread>
#include <utility>

#include "tests/system/world.hpp"

using namespace system_test;

namespace {

struct Account {
  long descriptors = 0, threads = 0, rss_kb = 0;
  std::map<std::string, double> gauges;
};

long descriptors(World& world) {
  long count = 0;
  for (auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(world.gateway().pid()) + "/fd"))
    count += !entry.path().empty();
  return count;
}

Account account(World& world) {
  Account a;
  a.descriptors = descriptors(world);
  a.threads = world.gateway().status("Threads");
  a.rss_kb = world.gateway().status("VmRSS");
  a.gauges = gauges(world);
  return a;
}

bool none(const std::map<std::string, double>& now, std::initializer_list<const char*> names) {
  return std::all_of(names.begin(), names.end(), [&](const char* name) {
    const auto found = now.find(std::string("hookswitch_") + name);
    return found != now.end() && found->second == 0;
  });
}

/// Every call is over and written.
bool settled(const std::map<std::string, double>& now) {
  return none(now, {"calls_live", "legs_unconfirmed", "hooks_pending", "store_backlog"});
}

/// Nothing else is under way either: no question of the start, no connection that is kept for another request.
bool atRest(const std::map<std::string, double>& now) {
  return settled(now) && none(now, {"dials_open", "sweeps_open", "http_idle"});
}

/// A gauge that says how many of something exist, not whether, when or how large.
bool counted(const std::string& name) {
  for (const char* other : {"_bytes", "_seconds", "_ms", "_info", "_ok"})
    if (name.find(other) != std::string::npos) return false;
  return true;
}

/// What has not been given back. Less than before is no leak.
std::string kept(const Account& before, const Account& after) {
  std::string text;
  const auto compare = [&](const std::string& name, double b, double a) {
    if (a > b) text += name + ": " + std::to_string(b) + " before, " + std::to_string(a) + " after\n";
  };
  compare("descriptors", double(before.descriptors), double(after.descriptors));
  compare("threads", double(before.threads), double(after.threads));
  for (auto& [name, value] : after.gauges)
    if (counted(name)) compare(name, before.gauges.count(name) ? before.gauges.at(name) : 0, value);
  return text;
}

/// The account of a gateway at rest. Whatever is still being put away only adds to an account, so of those that are
/// taken within a while (longer than the server holds a connection whose client has gone) the smallest of each counts.
/// With `before`: until nothing is kept (an idle thread takes ten seconds to leave), or the time is up.
Account accountAtRest(World& world, const Account* before = nullptr) {
  Account least;
  bool first = true;
  int looks = 0;
  EXPECT_TRUE(until(
      [&] {
        const Account now = account(world);
        if (!atRest(now.gauges)) {
          looks = 0;
          return false;
        }
        if (std::exchange(first, false)) least = now;
        least.descriptors = std::min(least.descriptors, now.descriptors);
        least.threads = std::min(least.threads, now.threads);
        least.rss_kb = now.rss_kb;
        for (auto& [name, value] : now.gauges)
          least.gauges[name] = std::min(least.gauges.emplace(name, value).first->second, value);
        return ++looks >= 150 && (before == nullptr || kept(*before, least).empty());
      },
      120000))
      << world.get("/api/metrics").body;
  return least;
}

/// Up to 2,500 short calls, 32 at once; every eighth has a stream and a model.
void callBatch(World& world, int count) {
  world.command("twilio/reset");  // what it remembers of the calls before would only make it slow
  world.command("openai/reset");
  world.command("twilio/plan",
                {{"queue_ms", 0}, {"ring_ms", 0}, {"answer_ms", 0}, {"hangup_after_ms", 1}, {"media_never", true}});
  world.command("twilio/misbehave",
                {{"on", "call"}, {"number", "+15550108*"}, {"media_never", false}, {"hangup_after_ms", 120}});
  std::atomic<int> next{0}, failed{0};
  std::vector<std::thread> clients;
  for (int c = 0; c < 32; ++c)
    clients.emplace_back([&] {
      for (int i; (i = next++) < count;)
        if (world.post("/api/call", {{"to", i % 8 ? "+15550100002" : "+15550108002"}}).status != 201) ++failed;
    });
  for (auto& client : clients) client.join();
  EXPECT_EQ(failed, 0);
  ASSERT_TRUE(until([&] { return settled(gauges(world)); }, 120000)) << world.get("/api/metrics").body;
}

void callMany(World& world, int count) {
  for (int done = 0; done < count; done += 2500) callBatch(world, std::min(2500, count - done));
}

/// Half of `calls` more, then everything else is as it was before the first one. The account then.
Account furtherHalf(World& world, const Account& baseline, int calls, int& done) {
  callMany(world, calls / 2);
  done += calls / 2;
  const Account now = accountAtRest(world, &baseline);
  EXPECT_EQ(kept(baseline, now), "");
  return now;
}

/// Between two accounts that lie half of `calls` apart.
bool grownTooMuch(const Account& before, const Account& after, int calls) {
  const long grown_kb = after.rss_kb - before.rss_kb;
  return calls >= 100000 ? grown_kb * 100 >= before.rss_kb : grown_kb >= 8192;
}

}  // namespace

TEST(Leaks, AfterThousandsOfCallsEverythingIsAsItWas) {
  const char* wish = std::getenv("HOOKSWITCH_LEAK_CALLS");
  const int calls = wish ? std::max(5000, std::atoi(wish)) : 5000;
  WorldOptions options;
  options.settings = {"log.level=information", "telegram.enabled=false", "gateway.enabled=false",
                      "calls.max_concurrent=2000"};
  options.witness = true;  // a receiver that takes everything at once; the others say how fast they may be told
  options.fakes = {"--keep-audio-s", "0"};
  World world(options);
  const long long begin = nowMs();
  Account baseline = accountAtRest(world);  // of a gateway that has never had a call
  callMany(world, 1250);
  // What is kept of ended calls has its bound, and is full now.
  const Account warm = account(world);
  baseline.gauges["hookswitch_table_entries"] = warm.gauges.at("hookswitch_table_entries");
  callMany(world, calls / 2 - 1250);
  Account half = account(world);
  int done = calls / 2;
  Account last = furtherHalf(world, baseline, calls, done);
  // A disk that hung for seconds has let a thousand calls lie in memory at once, and what is kept of some of them lies
  // scattered over the pages of all: that happens once. A leak is there again after as many calls more.
  for (int round = 0; round < 3 && grownTooMuch(half, last, calls); ++round) {
    std::printf("resident %ld KB, %ld KB after %d calls: once more\n", half.rss_kb, last.rss_kb, done);
    half = last;
    last = furtherHalf(world, baseline, calls, done);
  }
  std::printf(
      "%d calls in %.1f s: %ld descriptors, %ld threads; resident %ld KB after 1250 calls, %ld KB before the last "
      "%d of them, %ld KB after (%+.2f %%)\n",
      done, double(nowMs() - begin) / 1000, last.descriptors, last.threads, warm.rss_kb, half.rss_kb, calls / 2,
      last.rss_kb, 100.0 * double(last.rss_kb - half.rss_kb) / double(half.rss_kb));
  EXPECT_FALSE(grownTooMuch(half, last, calls)) << "the page cache of the store alone may grow to 4 MB";
}
