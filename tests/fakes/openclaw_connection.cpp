#include "tests/fakes/openclaw_connection.hpp"

#include "tests/fakes/openclaw_frames.hpp"

#include <algorithm>
#include <stdexcept>

namespace fakes {

using nlohmann::json;

namespace {

constexpr std::size_t kMostKept = 20000, kBeforeHello = 65536, kAfterHello = 25u << 20;

void keep(std::vector<json>& list, json value) {
  if (list.size() < kMostKept) list.push_back(std::move(value));
}

// Time is the caller's; this only makes ids that look like the gateway's.
std::string uuid(const std::string& kind, const std::string& id, std::uint64_t n) {
  const std::string digits = std::to_string(std::hash<std::string>{}(kind + id) % 1000000000000) + std::to_string(n);
  return "00000000-0000-4000-8000-" + (std::string(12, '0') + digits).substr(digits.size());
}

}  // namespace

void OpenClawSettings::check() const {
  const auto need = [](bool fine, const char* what) {
    if (!fine) throw std::invalid_argument(what);
  };
  need(dialect == "openclaw" || dialect == "jsonrpc", "dialect: expected openclaw or jsonrpc");
  need(grant == "asked" || grant == "none", "grant: expected asked or none");
  need(agent_status == "ok" || agent_status == "error" || agent_status == "timeout" || agent_status == "never",
       "agent_status: expected ok, error, timeout or never");
  need(tick_ms > 0 && ping_ms > 0 && handshake_ms > 0, "tick_ms, ping_ms, handshake_ms: expected values above 0");
}

OpenClawConnection::OpenClawConnection(std::string id, OpenClawShared& shared, OpenClawWire wire)
    : id_(std::move(id)), shared_(shared), wire_(std::move(wire)) {}

void OpenClawConnection::open() {
  open_ = true;
  const auto& settings = shared_.settings;
  repeat(settings.ping_ms, [this] { wire_.ping(); });
  if (settings.dialect == "jsonrpc") return;
  nonce_ = uuid("nonce", id_, wire_.now_ms());
  send({{"type", "event"},
        {"event", "connect.challenge"},
        {"payload", {{"nonce", nonce_}, {"ts", wire_.now_ms()}, {"capabilities", json::array()}}}});
  later(settings.handshake_ms, [this] {
    if (!hello_) wire_.close(1000, "");
  });
}

void OpenClawConnection::onMessage(std::string_view payload, bool text) {
  if (!open_) return;
  ++received_;
  const bool rpc = shared_.settings.dialect == "jsonrpc";
  if (payload.size() > (hello_ || rpc ? kAfterHello : kBeforeHello)) {
    wrong("a frame of " + std::to_string(payload.size()) + " bytes", nullptr);
    return wire_.close(1009, "");
  }
  const json frame = text ? json::parse(payload, nullptr, false) : json(json::value_t::discarded);
  if (frame.is_discarded()) {
    wrong("not JSON in a text frame: " + std::string(payload.substr(0, 200)), nullptr);
    if (!hello_ && !rpc) wire_.close(1000, "");
    return;  // after the handshake it is ignored without an answer
  }
  if (rpc) return onJsonRpc(frame);
  const std::string bad = checkOpenClawFrame(frame);
  if (!bad.empty()) {
    wrong(bad, frame);
    if (!hello_) return wire_.close(1008, "invalid request frame");
    return refuse(frame.is_object() ? frame.value("id", json()) : json(), "INVALID_REQUEST", bad);
  }
  if (!hello_) return onConnect(frame);
  onRequest(frame);
}

void OpenClawConnection::onConnect(const Json& frame) {
  const json params = frame.value("params", json::object());
  const auto fatal = [&](const std::string& message) {
    wrong(message, frame["method"] == "connect" ? json("connect") : frame);
    refuseAndClose(frame["id"], "INVALID_REQUEST", message, json::object(), 1008);
  };
  if (frame["method"] != "connect") return fatal("invalid handshake: first request must be connect");
  if (const auto bad = checkOpenClawParams("connect", params); !bad.empty()) return fatal(bad);
  client_ = params["client"];
  asked_ = params.value("scopes", json::array());
  auto& settings = shared_.settings;
  if (settings.starting) {
    --settings.starting;
    return refuseAndClose(frame["id"], "UNAVAILABLE", "gateway starting",
                          {{"retryable", true}, {"retryAfterMs", 500}, {"details", {{"reason", "startup-sidecars"}}}},
                          1013);
  }
  if (params["minProtocol"] > settings.protocol || params["maxProtocol"] < settings.protocol) {
    wrong("protocol mismatch", json("connect"));
    return refuseAndClose(frame["id"], "INVALID_REQUEST", "protocol mismatch",
                          {{"details", {{"code", "PROTOCOL_MISMATCH"}, {"expectedProtocol", settings.protocol}}}},
                          1002);
  }
  authenticate(frame);
}

void OpenClawConnection::authenticate(const Json& frame) {
  const json& params = frame["params"];
  const json auth = params.value("auth", json::object());
  const std::string given = auth.contains("token") ? auth["token"].get<std::string>() : auth.value("password", "");
  const std::string mode = client_["mode"], client = client_["id"], device_token = auth.value("deviceToken", "");
  const std::string device = params.contains("device") ? params["device"]["id"].get<std::string>() : "";
  auto& devices = shared_.devices;
  const auto unauthorized = [this](const json& id, const std::string& code, const std::string& message, bool retry) {
    refuseAndClose(id, "INVALID_REQUEST", "unauthorized: " + message,
                   {{"details", {{"code", code}, {"canRetryWithDeviceToken", retry}}}}, 1008);
  };
  if (!device.empty()) {
    if (const auto bad = OpenClawDevices::objection(params, nonce_, wire_.now_ms()); !bad.empty()) {
      wrong(bad, json("connect"));
      return unauthorized(frame["id"], bad, "device proof refused", false);
    }
  }
  const bool known = devices.paired(device);
  if (given.empty() && device_token.empty()) {
    wrong("no credentials", json("connect"));
    return refuseAndClose(frame["id"], device.empty() ? "NOT_PAIRED" : "INVALID_REQUEST",
                          device.empty() ? "device identity required" : "unauthorized: gateway token missing",
                          {{"details", {{"code", device.empty() ? "DEVICE_IDENTITY_REQUIRED" : "AUTH_TOKEN_MISSING"}}}},
                          1008);
  }
  const bool shared_token = given == shared_.settings.token;
  if (!shared_token && !device_token.empty() && !(known && devices.token(device) == device_token)) {
    wrong("wrong device token", json("connect"));
    return unauthorized(frame["id"], "AUTH_DEVICE_TOKEN_MISMATCH",
                        "device token mismatch (rotate/reissue device token)", false);
  }
  if (!shared_token && device_token.empty()) {
    wrong("wrong token", json("connect"));
    // The answer comes later with every failure: 0.25, 0.5, 1, 2 s.
    const auto wait = static_cast<std::uint32_t>(250U << std::min<std::uint64_t>(shared_.auth_failures++, 3));
    return later(wait, [unauthorized, known, id = frame["id"]] {
      unauthorized(id, "AUTH_TOKEN_MISMATCH", "gateway token mismatch (provide gateway auth token)", known);
    });
  }
  shared_.auth_failures = 0;
  if (mode == "webchat" || mode == "ui") {
    wrong("client mode " + mode, json("connect"));
    return refuseAndClose(
        frame["id"], "INVALID_REQUEST", "refused",
        {{"details",
          {{"code", mode == "ui" ? "CONTROL_UI_DEVICE_IDENTITY_REQUIRED" : "CONTROL_UI_ORIGIN_NOT_ALLOWED"}}}},
        1008);
  }
  const bool trusted = (client == "gateway-client" && mode == "backend") || (client == "cli" && mode == "cli");
  const bool local = trusted && !shared_.settings.proxied;
  if (!local && !device.empty() && !known) {
    const std::string request = devices.ask(device, params);
    if (shared_.tell) shared_.tell("pairing", {{"request", request}, {"device", device}});
    return refuseAndClose(frame["id"], "NOT_PAIRED", "pairing required: device is not approved yet",
                          {{"details",
                            {{"code", "PAIRING_REQUIRED"},
                             {"reason", "not-paired"},
                             {"requestId", request},
                             {"deviceId", device},
                             {"remediationHint", "Approve this device from the pending pairing requests."},
                             {"requestedRole", "operator"},
                             {"requestedScopes", asked_}}}},
                          1008);
  }
  scopes_ = (local || known) && shared_.settings.grant == "asked" ? asked_ : json::array();
  method_ = shared_token ? "token" : "device-token";
  hello(frame, known ? device : "");
}

void OpenClawConnection::hello(const Json& frame, const std::string& device) {
  hello_ = true;
  if (shared_.tell) shared_.tell("connected", {{"connection", id_}, {"client", client_}});
  const auto& settings = shared_.settings;
  json methods = openClawMethods();
  // The real list makes hello-ok 14-16 KB, and contains names that also occur as events.
  for (int i = 0; i < 400; ++i) methods.push_back("fake.method.number." + std::to_string(i) + ".connect.challenge");
  json policy = {{"maxPayload", kAfterHello}, {"maxBufferedBytes", 52428800}, {"tickIntervalMs", settings.tick_ms}};
  if (settings.protocol >= 4) policy["attachments"] = {{"maxBytes", 19464192}, {"maxImageBytes", 6291456}};
  json auth = {{"role", "operator"}, {"scopes", scopes_}};
  if (settings.protocol >= 4) auth["method"] = method_;
  if (!device.empty()) auth["deviceToken"] = shared_.devices.token(device), auth["issuedAtMs"] = 1795867289302;
  const json health = {{"presence", 1}, {"health", 2}};
  answer(frame["id"], {{"type", "hello-ok"},
                       {"protocol", settings.protocol},
                       {"auth", auth},
                       {"policy", policy},
                       {"server",
                        {{"version", "2026.9.6"},
                         {"buildId", "fake"},
                         {"bootId", uuid("boot", "", shared_.boot)},
                         {"connId", uuid("conn", id_, 1)}}},
                       {"features",
                        {{"methods", methods},
                         {"events", {"tick", "chat", "agent", "health", "shutdown"}},
                         {"capabilities", json::array()}}},
                       {"snapshot",
                        {{"suspension", {{"phase", "accepting"}}},
                         {"presence", json::array()},
                         {"health", json::object()},
                         {"stateVersion", health},
                         {"uptimeMs", 1},
                         {"sessionDefaults",
                          {{"defaultAgentId", "main"},
                           {"modelConfigured", settings.model_configured},
                           {"mainKey", "main"},
                           {"mainSessionKey", "agent:main:main"},
                           {"scope", "per-sender"}}}}}});
  repeat(settings.tick_ms, [this] {
    if (shared_.settings.ticks) event("tick", {{"ts", wire_.now_ms()}});
  });
}

void OpenClawConnection::onJsonRpc(const Json& frame) {
  const std::string bad = checkJsonRpc(frame);
  const json id = frame.is_object() ? frame.value("id", json()) : json();
  if (!bad.empty()) {
    wrong(bad, frame);
    return send({{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", -32600}, {"message", bad}}}});
  }
  // Never reset on reconnect; only a new process starts again at 1.
  if (!delayed_ && id.get<std::int64_t>() <= shared_.last_rpc_id)
    keep(shared_.warnings, "id " + id.dump() + " after " + std::to_string(shared_.last_rpc_id));
  shared_.last_rpc_id = id.get<std::int64_t>();
  const json& message = frame["params"]["message"];
  const std::string type = message["message_type"];
  bool drop_after = false;
  if (misbehave(frame, type, drop_after)) return;
  if (type == "heartbeat")
    ++shared_.heartbeats;
  else
    record(type, message, id);
  if (drop_after) return wire_.drop();
  if (!shared_.settings.answer) return;
  ++shared_.answers;
  send({{"jsonrpc", "2.0"}, {"id", id}, {"result", json::object()}});
}

void OpenClawConnection::record(const std::string& method, const Json& params, const Json& id) {
  json entry = {{"n", shared_.events.size() + 1},
                {"at_ms", wire_.now_ms()},
                {"connection", id_},
                {"method", method},
                {"params", params},
                {"id", id}};
  if (params.contains("idempotencyKey")) {
    const std::string key = params["idempotencyKey"];
    entry["seen_before"] = shared_.keys[key]++;
  }
  if (shared_.tell) shared_.tell("event", entry);
  keep(shared_.events, std::move(entry));
}

void OpenClawConnection::wrong(const std::string& what, const Json& frame) {
  json entry = {{"connection", id_}, {"message", what}};
  if (!frame.is_null()) entry["sent"] = frame.dump().substr(0, 2000);
  if (shared_.tell) shared_.tell("protocol_error", entry);
  keep(shared_.protocol_errors, std::move(entry));
}

void OpenClawConnection::answer(const Json& id, const Json& payload) {
  ++shared_.answers;
  send({{"type", "res"}, {"id", id}, {"ok", true}, {"payload", payload}});
}

void OpenClawConnection::refuse(const Json& id, const std::string& code, const std::string& message, const Json& more) {
  json error = {{"code", code}, {"message", message}};
  error.update(more);
  send({{"type", "res"}, {"id", id}, {"ok", false}, {"error", error}});
}

void OpenClawConnection::refuseAndClose(const Json& id, const std::string& code, const std::string& message,
                                        const Json& more, unsigned close) {
  refuse(id, code, message, more);
  // A close frame has room for 123 bytes of reason (RFC 6455 §5.5).
  wire_.close(close, message.substr(0, 123));
}

bool OpenClawConnection::has(const std::string& scope) const {
  const auto granted = [this](const char* name) {
    return std::find(scopes_.begin(), scopes_.end(), name) != scopes_.end();
  };
  if (scope.empty() || granted("operator.admin")) return true;
  if (scope == "operator.read" && granted("operator.write")) return true;
  return granted(scope.c_str());
}

bool OpenClawConnection::canRead() const { return open_ && hello_ && has("operator.read"); }

void OpenClawConnection::event(const std::string& name, const Json& payload) {
  send({{"type", "event"}, {"event", name}, {"payload", payload}, {"seq", ++seq_}});
}

void OpenClawConnection::send(const Json& frame) {
  if (open_) wire_.send(frame.dump());
}

void OpenClawConnection::later(std::uint32_t ms, std::function<void()> task) {
  wire_.after(ms, [weak = weak_from_this(), task = std::move(task)] {
    if (const auto self = weak.lock(); self && self->open_) task();
  });
}

void OpenClawConnection::repeat(std::uint32_t ms, std::function<void()> task) {
  later(ms, [this, ms, task] {
    task();
    repeat(ms, task);
  });
}

void OpenClawConnection::onClose(unsigned code, std::string_view reason) {
  open_ = false;
  close_code_ = code, close_reason_ = reason;
  if (shared_.tell) shared_.tell("closed", {{"connection", id_}, {"code", code}, {"reason", close_reason_}});
}

json OpenClawConnection::describe() const {
  return {{"id", id_},
          {"open", open_},
          {"hello", hello_},
          {"method", method_},
          {"client", client_},
          {"scopes_asked", asked_},
          {"scopes", scopes_},
          {"received", received_},
          {"close", close_code_ ? json{{"code", close_code_}, {"reason", close_reason_}} : json()}};
}

}  // namespace fakes
