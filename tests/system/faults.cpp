#include "tests/system/faults.hpp"

#include <algorithm>
#include <set>

namespace system_test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
const int end_bound_ms = 20000;
#else
const int end_bound_ms = 5000;
#endif

namespace {
constexpr long long request_ms = 20;  // what a question takes at most when nothing else runs
}

WorldOptions Faults::options(std::vector<std::string> settings) {
  WorldOptions o;
  o.crash_variant = true;
  o.settings = std::move(settings);
  return o;
}

void Faults::expectAllOver(World& world, const std::vector<std::string>& ids) {
  const long long begin = nowMs();
  // A machine that is busy with something else makes everybody late. How late, tells a nap of ours; the bound is the
  // gateway's and does not count it.
  long long asleep = begin, late_ms = 0;
  const bool confirmed = until(
      [&] {
        const long long awake = nowMs();
        if (asleep != begin) late_ms += std::max(0ll, awake - asleep - nap_ms - 1);
        const auto now = gauges(world);
        const auto none = [&](const char* name) {
          const auto found = now.find(name);
          return found != now.end() && found->second == 0;
        };
        const bool holds = none("hookswitch_legs_unconfirmed") && none("hookswitch_calls_live");
        late_ms += std::max(0ll, nowMs() - awake - request_ms);
        asleep = nowMs();
        return holds;
      },
      end_bound_ms + 30000);
  EXPECT_TRUE(confirmed) << world.get("/api/metrics").body;
  EXPECT_LE(nowMs() - begin - late_ms, end_bound_ms) << "from the carrier being reachable to the last confirmed end";
  for (auto& id : ids) {
    const Json leg = world.carrierCall(id);
    EXPECT_TRUE(!leg.contains("over") || leg["over"].get<bool>()) << leg;  // without: the carrier never had it
  }
  EXPECT_EQ(world.state("twilio")["live_calls"], 0);
}

void Faults::expectToldOnce(World& world, const std::string& id, int repeats) {
  std::set<std::string> event_ids;
  for (auto& d : world.deliveries(id))
    if (d.event_id.find(":notify:") != std::string::npos) event_ids.insert(d.event_id);
  EXPECT_EQ(event_ids.size(), 1u) << "the witness";
  const int telegram = world.telegramMessages(id), assistant = world.toldOfEnd(id);
  EXPECT_GE(telegram, 1);
  EXPECT_LE(telegram, 1 + repeats);
  EXPECT_GE(assistant, 1);
  EXPECT_LE(assistant, 1 + repeats);
}

Json Faults::expectOver(World& world, const std::string& id, int repeats) {
  expectAllOver(world, {id});
  const Json detail = world.settled(id);
  EXPECT_EQ(detail.value("status", ""), "ended") << detail;
  for (const char* plugin : {"telegram", "gateway", "witness"})
    EXPECT_EQ(row(detail, "notify", plugin).value("state", ""), "done") << detail["teardown"];
  expectToldOnce(world, id, repeats);
  const Json listed = world.get("/api/calls?state=ended").json();
  int records = 0;
  for (auto& call : listed["calls"]) records += call["call_id"] == id;
  EXPECT_EQ(records, 1) << listed;
  return detail;
}

std::string Faults::theEndedCall(const World& world) {
  Json calls;
  EXPECT_TRUE(until([&] {
    calls = world.get("/api/calls?state=ended").json()["calls"];
    return calls.size() == 1;
  })) << calls;
  return calls.empty() ? "" : calls[0]["call_id"];
}

int Faults::asked(const World& world, const std::string& operation) {
  return world.state("twilio")["requests"].value(operation, 0);
}

}  // namespace system_test
