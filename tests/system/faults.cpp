#include "tests/system/faults.hpp"

#include <set>

namespace system_test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
const int end_bound_ms = 20000;
#else
const int end_bound_ms = 5000;
#endif

WorldOptions Faults::options(std::vector<std::string> settings) {
  WorldOptions o;
  o.crash_variant = true;
  o.settings = std::move(settings);
  return o;
}

void Faults::expectAllOver(World& world, const std::vector<std::string>& ids) {
  const long long begin = nowMs();
  std::map<std::string, double> now;
  const bool confirmed = until([&] {
    now = gauges(world);
    return now.count("hookswitch_legs_unconfirmed") && now["hookswitch_legs_unconfirmed"] == 0 && now["hookswitch_calls_live"] == 0;
  }, end_bound_ms + 30000);
  EXPECT_TRUE(confirmed) << world.get("/api/metrics").body;
  EXPECT_LE(nowMs() - begin, end_bound_ms) << "from the carrier being reachable to the last confirmed end";
  for (auto& id : ids) {
    const Json leg = world.carrierCall(id);
    EXPECT_TRUE(!leg.contains("over") || leg["over"].get<bool>()) << leg;   // without: the carrier never had it
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
  const Json detail = world.settled(id, 60000);
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
  EXPECT_TRUE(until([&] { calls = world.get("/api/calls?state=ended").json()["calls"]; return calls.size() == 1; })) << calls;
  return calls.empty() ? "" : calls[0]["call_id"];
}

int Faults::asked(const World& world, const std::string& operation) { return world.state("twilio")["requests"].value(operation, 0); }

}  // namespace system_test
