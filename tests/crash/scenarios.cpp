#include "tests/crash/scenarios.hpp"

#include <signal.h>

namespace crash_test {

using system_test::Answer;

bool Run::until(const std::function<bool()>& holds, int timeout_ms) const {
  bool held = false;
  system_test::until([&] { return !alive() || (held = holds()); }, timeout_ms);
  return held;
}

Answer Run::place() const {
  return system_test::http("POST", world.url("/api/call"), Json{{"to", number}}.dump(), {{"Idempotency-Key", key}});
}

Json Run::leg() const {
  const Json calls = system_test::http("GET", world.controlUrl() + "/twilio/calls").json();
  for (auto& call : calls["calls"])
    if (call["to"] == number || call["from"] == number) return call;
  return nullptr;
}

std::string Run::placed() const {
  const Answer answer = place();
  return answer.status == 201 ? answer.json().value("call_id", "") : std::string();
}

bool Run::answered(const std::string& id) const {
  std::string status;
  return !id.empty() && until([&] {
    const Json c = world.call(id);
    status = c.is_object() ? c.value("status", "") : "";
    return status == "in-progress" || status == "ended";
  }) && status == "in-progress";
}

namespace {

/// In the middle of a conversation, the stream and the model's socket are open.
std::string talking(Run& run) {
  const std::string id = run.placed();
  if (!run.answered(id)) return {};
  const bool up = run.until([&] {
    const Json leg = run.leg();
    return leg.is_object() && !leg["streams"].empty() && leg["streams"][0].value("live", false) &&
           run.world.state("openai")["connections"]["open"] != 0;
  });
  return up ? id : std::string();
}

void endedByTheApi(Run& run) {
  run.arm();
  const std::string id = talking(run);
  if (!id.empty()) run.world.post("/api/calls/" + id + "/end");
}

void endedByTheCaller(Run& run) {
  run.world.command("twilio/misbehave",
                    {{"on", "call"}, {"number", run.number}, {"media_never", true}, {"hangup_after_ms", 150}});
  run.arm();
  run.placed();
}

void endedByTheModel(Run& run) {
  run.arm();
  if (!talking(run).empty()) run.world.command("openai/drop");
}

void incomingCall(Run& run) {
  run.arm();
  run.world.command("twilio/incoming", {{"from", run.number}, {"hangup_after_ms", 300}});
  run.until([&] {
    const Json leg = run.leg();
    return leg.is_object() && leg.value("over", false);
  });
}

/// The answer to the create request is lost, the leg exists: a webhook names it.
void answerLost(Run& run) {
  run.world.command("twilio/misbehave", {{"on", "create"}, {"number", run.number}, {"drop", "after"}, {"times", 1}});
  run.arm();
  run.place();
  const Json leg = run.leg();
  if (leg.is_object() && run.alive()) run.world.post("/api/calls/" + leg.value("gw_call", "") + "/end");
}

/// The carrier is out of order when it is asked to hang up, and says nothing by itself afterwards.
void hangUpRefused(Run& run) {
  run.world.command(
      "twilio/misbehave",
      {{"on", "call"}, {"number", run.number}, {"callback_missing", {"completed"}}, {"media_never", true}});
  run.world.command("twilio/misbehave", {{"on", "update"}, {"number", run.number}, {"status", 503}, {"times", 1}});
  run.arm();
  const std::string id = run.placed();
  if (run.answered(id)) run.world.post("/api/calls/" + id + "/end");
}

void notifierOutOfOrder(Run& run) {
  run.world.command("telegram/fail", {{"how", "500"}, {"times", 1}});
  run.world.command("openclaw/fail", {{"how", "drop_after"}, {"times", 1}});
  run.arm();
  const std::string id = run.placed();
  if (run.answered(id)) run.world.post("/api/calls/" + id + "/end");
}

void drained(Run& run) {
  run.arm();
  if (talking(run).empty()) return;
  run.world.gateway().signal(SIGTERM);
  run.world.gateway().wait(40000);
}

/// It dies in the middle of a conversation; the cut is in what the next start does about that.
void diesAgainWhileRecovering(Run& run) {
  if (talking(run).empty()) return;
  run.world.killGateway();
  ++run.crashes;
  run.arm();
  run.world.launchGateway();
  run.until([&] { return run.world.gateway().output().find("listening on") != std::string::npos; });
}

/// The same in the middle of an end whose hang-up the carrier refuses.
void diesAgainWhileEnding(Run& run) {
  run.world.command("twilio/misbehave", {{"on", "call"}, {"number", run.number}, {"media_loss_keeps_call", true}});
  run.world.command("twilio/misbehave", {{"on", "update"}, {"number", run.number}, {"status", 503}, {"times", 2}});
  const std::string id = talking(run);
  if (id.empty()) return;
  run.world.post("/api/calls/" + id + "/end");
  run.world.killGateway();
  ++run.crashes;
  run.arm();
  run.world.launchGateway();
  run.until([&] { return run.world.gateway().output().find("listening on") != std::string::npos; });
}

}  // namespace

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = {
      {"ended by the API", endedByTheApi},
      {"ended by the caller", endedByTheCaller},
      {"ended by the model's death", endedByTheModel},
      {"incoming", incomingCall},
      {"create answer lost", answerLost},
      {"hang-up refused", hangUpRefused},
      {"notifiers out of order", notifierOutOfOrder},
      {"drained", drained},
      {"recovering", diesAgainWhileRecovering},
      {"recovering an end", diesAgainWhileEnding},
  };
  return all;
}

}  // namespace crash_test
