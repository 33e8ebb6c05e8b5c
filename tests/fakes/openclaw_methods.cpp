// What the OpenClaw gateway fake does with requests after the handshake (openclaw-gateway.md §2.6-2.8).
#include "tests/fakes/openclaw_connection.hpp"
#include "tests/fakes/openclaw_frames.hpp"

#include <algorithm>

namespace fakes {

using nlohmann::json;

namespace {

constexpr std::size_t kQueue = 20;  // system events the main session holds

std::string sessionKey(const json& params) {
  std::string key = params.value("sessionKey", "main");
  if (key.rfind("agent:", 0) != 0) key = "agent:" + params.value("agentId", "main") + ":" + key;
  for (char& c : key) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return key;
}

json outcome(const std::string& run_id, const OpenClawRun& run) {
  json payload = {
      {"runId", run_id},
      {"status", run.status},
      {"summary", run.status == "ok" ? "completed" : run.status},
      {"result", {{"payloads", {{{"text", run.text}, {"mediaUrl", nullptr}}}}, {"meta", {{"durationMs", 10}}}}}};
  if (run.status != "ok") payload["result"]["payloads"][0]["isError"] = true;
  return payload;
}

}  // namespace

void openClawTurn(OpenClawShared& shared, std::vector<std::string> taken) {
  // It has emptied the queue when it begins, whatever becomes of it.
  shared.after(shared.settings.agent_ms, [shared = &shared, taken = std::move(taken), boot = shared.boot] {
    if (boot != shared->boot) return;
    const bool good = shared->settings.model_configured && shared->settings.agent_status == "ok";
    if (good) shared->known.insert(shared->known.end(), taken.begin(), taken.end());
    shared->broadcast({{"event", "heartbeat"},
                       {"payload",
                        {{"ts", 1795867213644},
                         {"status", good ? "skipped" : "failed"},
                         {"reason", good ? "no-route" : "agent-runner-failure"},
                         {"preview", good ? shared->settings.agent_text
                                          : "Heartbeat check failed before it could produce an update."}}}});
  });
}

void openClawTurn(OpenClawShared& shared) {
  std::vector<std::string> taken(shared.queued_system_events.begin(), shared.queued_system_events.end());
  shared.queued_system_events.clear();
  openClawTurn(shared, std::move(taken));
}

// True when nothing more must happen with this request.
bool OpenClawConnection::misbehave(const Json& frame, const std::string& method, bool& drop_after) {
  if (delayed_) return false;  // its fault was the delay
  const auto fault = std::find_if(shared_.faults.begin(), shared_.faults.end(),
                                  [&](const OpenClawFault& f) { return f.method.empty() || f.method == method; });
  if (fault == shared_.faults.end()) return false;
  const OpenClawFault chosen = *fault;
  if (fault->times > 0 && --fault->times == 0) shared_.faults.erase(fault);
  const bool rpc = shared_.settings.dialect == "jsonrpc";
  if (chosen.how == "drop") {
    wire_.drop();
  } else if (chosen.how == "drop_after") {
    drop_after = true;
    return false;
  } else if (chosen.how == "slow") {
    later(chosen.ms, [this, frame] { onDelayed(frame); });
  } else if (chosen.how == "garbage") {
    wire_.send("{\"type\":\"res\",\"id\":");
  } else if (chosen.how == "error" || chosen.how == "retryable") {
    if (rpc)
      send({{"jsonrpc", "2.0"}, {"id", frame["id"]}, {"error", {{"code", -32000}, {"message", chosen.message}}}});
    else
      refuse(frame["id"], chosen.code, chosen.message,
             chosen.how == "retryable" ? json{{"retryable", true}} : json::object());
  }
  return true;  // "never" answers nothing
}

void OpenClawConnection::onDelayed(const Json& frame) {
  delayed_ = true;
  if (shared_.settings.dialect == "jsonrpc")
    onJsonRpc(frame);
  else
    onRequest(frame);
  delayed_ = false;
}

void OpenClawConnection::onRequest(const Json& frame) {
  ++shared_.requests;
  const std::string method = frame["method"];
  const json params = frame.value("params", json::object()), id = frame["id"];
  if (method == "connect") {
    wrong("a second connect", json("connect"));
    return refuse(id, "FORBIDDEN", "missing scope: operator.admin");
  }
  if (const auto bad = checkOpenClawParams(method, params); !bad.empty()) {
    wrong(bad, frame);
    return refuse(id, "INVALID_REQUEST", bad);
  }
  if (const auto scope = openClawScope(method); !has(scope)) {
    wrong("missing scope: " + scope, frame);
    if (shared_.settings.protocol < 4) return refuse(id, "INVALID_REQUEST", "missing scope: " + scope);
    return refuse(id, "FORBIDDEN", "missing scope: " + scope,
                  {{"details", {{"code", "MISSING_SCOPE"}, {"missingScope", scope}, {"requiredScopes", {scope}}}}});
  }
  bool drop_after = false;
  if (misbehave(frame, method, drop_after)) return;
  record(method, params, id);
  if (drop_after) {
    const bool answers = std::exchange(shared_.settings.answer, false);
    dispatch(frame);
    shared_.settings.answer = answers;
    return wire_.drop();
  }
  dispatch(frame);
}

void OpenClawConnection::dispatch(const Json& frame) {
  const std::string method = frame["method"];
  const json params = frame.value("params", json::object()), id = frame["id"];
  const auto reply = [&](const json& payload) {
    if (shared_.settings.answer) answer(id, payload);
  };
  const auto& agents = shared_.settings.agents;
  const std::string agent = params.value("agentId", "");
  const bool stranger = !agent.empty() && std::find(agents.begin(), agents.end(), agent) == agents.end();
  if (method == "wake") {
    if (stranger) return refuse(id, "UNAVAILABLE", "Error: cron job agent is unavailable: " + agent);
    auto& queue = shared_.queued_system_events;
    const std::string text = params["text"];
    const bool own_session = params.contains("sessionKey") || (!agent.empty() && agent != agents.front());
    if (!own_session && (queue.empty() || queue.back() != text)) queue.push_back(text);
    if (queue.size() > kQueue) queue.pop_front();
    reply({{"ok", true}});
    if (params.contains("sessionKey"))
      openClawTurn(shared_, {text});
    else if (params["mode"] == "now")
      own_session ? openClawTurn(shared_, {text}) : openClawTurn(shared_);
  } else if (method == "agent" && stranger) {
    refuse(id, "INVALID_REQUEST", "invalid agent params: unknown agent id \"" + agent + "\"");
  } else if (method == "agent") {
    onAgent(id, params);
  } else if (method == "agent.wait") {
    const std::string run_id = params["runId"];
    const auto run = shared_.runs.find(run_id);
    if (run == shared_.runs.end()) return reply({{"runId", run_id}, {"status", "timeout"}});
    const auto tell = [this, id, run_id, weak = weak_from_this()](const OpenClawRun& done) {
      const auto self = weak.lock();
      if (self && open_)
        answer(id, {{"runId", run_id},
                    {"status", done.status},
                    {"terminalReply", {{"disposition", "visible"}, {"text", done.text}}}});
    };
    if (!shared_.settings.answer) return;
    if (run->second.over)
      tell(run->second);
    else
      run->second.waiters.push_back(tell);
  } else if (method == "chat.send") {
    reply({{"runId", params["idempotencyKey"]}, {"status", "started"}});
  } else if (method == "chat.abort") {
    reply({{"ok", true}, {"aborted", true}, {"runIds", {params.value("runId", "")}}});
  } else if (method == "status") {
    reply({{"queuedSystemEvents", shared_.queued_system_events}, {"sessions", {{"count", shared_.runs.size()}}}});
  } else if (method == "health") {
    reply({{"ok", true}, {"ts", wire_.now_ms()}});
  } else if (method == "sessions.messages.subscribe") {
    reply({{"subscribed", true}, {"key", params["key"]}});
  } else if (method == "chat.history") {
    reply({{"messages", json::array()}});
  } else {
    reply({{"ok", true}});
  }
}

void OpenClawConnection::onAgent(const Json& id, const Json& params) {
  const std::string run_id = params["idempotencyKey"], key = sessionKey(params);
  const auto known = shared_.runs.find(run_id);
  const auto finish = [this, id, run_id, weak = weak_from_this(),
                       answers = shared_.settings.answer](const OpenClawRun& run) {
    const auto self = weak.lock();
    if (!self || !open_ || !answers) return;
    // A failure comes with both an error and a payload; a timeout says ok (openclaw-gateway.md §2.6).
    if (run.status == "error") {
      send({{"type", "res"},
            {"id", id},
            {"ok", false},
            {"error", {{"code", "UNAVAILABLE"}, {"message", run.text}}},
            {"payload", {{"runId", run_id}, {"status", "error"}}}});
    } else {
      answer(id, outcome(run_id, run));
    }
  };
  if (std::find(shared_.orphans.begin(), shared_.orphans.end(), run_id) != shared_.orphans.end())
    return refuse(id, "UNAVAILABLE", "Pending input ownership ended; submit a new turn to continue");
  if (known != shared_.runs.end() && known->second.over)
    return finish(known->second);  // the recorded outcome, no second run
  if (shared_.settings.answer) {
    answer(id, {{"runId", run_id},
                {"sessionKey", key},
                {"agentId", "main"},
                {"status", "accepted"},
                {"acceptedAt", wire_.now_ms()}});
  }
  OpenClawRun& run = shared_.runs[run_id];
  run.waiters.push_back(finish);
  if (known != shared_.runs.end()) return;
  run.session_key = key;
  run.message = params["message"];
  shared_.broadcast(
      {{"event", "agent"},
       {"payload", {{"runId", run_id}, {"sessionKey", key}, {"stream", "lifecycle"}, {"data", {{"phase", "start"}}}}}});
  if (shared_.settings.agent_status == "never") return;
  // By the server's clock: a disconnect does not cancel the run.
  shared_.after(shared_.settings.agent_ms, [shared = &shared_, run_id] {
    const auto found = shared->runs.find(run_id);
    if (found == shared->runs.end() || found->second.over) return;
    OpenClawRun& done = found->second;
    done.over = true;
    const bool model = shared->settings.model_configured;
    done.status = model ? shared->settings.agent_status : "error";
    done.text = done.status == "ok" ? shared->settings.agent_text
                : model             ? "The run did not finish."
                                    : "No model is configured.";
    if (done.status == "ok") {
      shared->known.push_back(done.message);
      const json message = {{"role", "assistant"}, {"content", {{{"type", "text"}, {"text", done.text}}}}};
      const json base = {{"runId", run_id}, {"sessionKey", done.session_key}, {"agentId", "main"}};
      json delta = base, last = base;
      delta.update({{"seq", 1}, {"state", "delta"}, {"deltaText", done.text}, {"message", message}});
      last.update({{"seq", 2}, {"state", "final"}, {"stopReason", "stop"}, {"message", message}});
      shared->broadcast({{"event", "chat"}, {"payload", delta}});
      shared->broadcast({{"event", "chat"}, {"payload", last}});
    }
    for (const auto& waiter : std::exchange(done.waiters, {})) waiter(done);
  });
}

}  // namespace fakes
