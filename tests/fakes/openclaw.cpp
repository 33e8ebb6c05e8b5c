#include "tests/fakes/openclaw.hpp"

#include "tests/fakes/openclaw_connection.hpp"
#include "tests/fakes/socket_faults.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace fakes {

using nlohmann::json;

struct OpenClaw::Impl : std::enable_shared_from_this<OpenClaw::Impl> {
  struct Client {
    std::shared_ptr<OpenClawConnection> connection;
    SocketPtr socket;
  };
  static constexpr std::size_t kMostRemembered = 300;  // closed connections kept for state()

  Impl(Loop& loop_, Options options_) : loop(loop_), options(std::move(options_)) { startSettings(); }

  void startSettings() {
    shared.settings = {};
    shared.settings.dialect = options.dialect;
    shared.settings.token = options.token;
    shared.settings.check();
  }

  void listen() {
    shared.broadcast = [this](const json& event) {
      for (const auto& client : clients) {
        if (client.connection->canRead()) client.connection->event(event["event"], event["payload"]);
      }
    };
    shared.after = [this](std::uint32_t ms, std::function<void()> task) { after(ms, std::move(task)); };
    Server::Handlers handlers;
    handlers.onRequest = [](const Request& request, const Server::Reply& reply) {
      Response response;
      const bool known = request.path() == "/health" || request.path() == "/readyz";
      response.status = known ? 200 : 404;
      response.body = known ? R"({"ok":true,"ready":true})" : R"({"error":"not found"})";
      reply(std::move(response));
    };
    handlers.onUpgrade = [](const Request&) {  // any path upgrades
      Response response;
      response.status = 101;
      return response;
    };
    handlers.onSocket = [this](const Request&, SocketPtr socket) { accept(std::move(socket)); };
    server = std::make_unique<Server>(loop, options.port, std::move(handlers), options.certificate_pem_file,
                                      options.key_pem_file);
  }

  // Void after a reset: what was promised to the old connections is not for the new ones.
  void after(std::uint32_t ms, std::function<void()> task) {
    loop.after(ms, [weak = weak_from_this(), epoch = epoch, task = std::move(task)] {
      if (const auto self = weak.lock(); self && self->epoch == epoch) task();
    });
  }

  void accept(SocketPtr socket) {
    book.opened();
    OpenClawWire wire;
    const std::weak_ptr<Socket> raw = socket;
    wire.send = [raw](std::string text) {
      if (const auto s = raw.lock()) s->send(std::move(text), true);
    };
    wire.close = [raw](unsigned code, std::string reason) {
      if (const auto s = raw.lock()) s->close(code, std::move(reason));
    };
    wire.ping = [raw] {
      if (const auto s = raw.lock()) s->ping("");
    };
    wire.drop = [raw] {
      if (const auto s = raw.lock()) s->reset();
    };
    wire.after = [this](std::uint32_t ms, std::function<void()> task) { after(ms, std::move(task)); };
    wire.now_ms = [] {
      return static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
              .count());
    };
    auto connection = std::make_shared<OpenClawConnection>("g" + std::to_string(book.total), shared, std::move(wire));
    clients.push_back({connection, socket});
    Socket::Handlers handlers;
    handlers.onMessage = [connection](std::string_view payload, bool text) { connection->onMessage(payload, text); };
    handlers.onClose = [self = weak_from_this(), connection](unsigned code, std::string_view reason) {
      connection->onClose(code, reason);
      if (const auto impl = self.lock()) impl->closed(connection, code);
    };
    socket->start(std::move(handlers));
    connection->open();
  }

  void closed(const std::shared_ptr<OpenClawConnection>& connection, unsigned code) {
    const auto client =
        std::find_if(clients.begin(), clients.end(), [&](const Client& c) { return c.connection == connection; });
    if (client == clients.end()) return;  // forgotten by reset()
    book.closed(code);
    client->socket.reset();
    if (clients.size() <= book.open + kMostRemembered) return;
    clients.erase(std::find_if(clients.begin(), clients.end(), [](const Client& c) { return !c.socket; }));
  }

  // A connection that is told of its end first stays quiet, whatever its socket still delivers.
  void dropAll() {
    for (auto& client : clients) {
      if (client.socket) client.connection->onClose(1006, ""), client.socket->reset();
    }
    clients.clear();
  }

  void reset() {
    dropAll();
    ++epoch;
    book = {};
    shared.faults.clear(), shared.runs.clear(), shared.keys.clear(), shared.events.clear(),
        shared.protocol_errors.clear();
    shared.warnings.clear(), shared.queued_system_events.clear();
    shared.known.clear(), shared.orphans.clear(), shared.devices = {};
    shared.requests = shared.answers = shared.heartbeats = shared.auth_failures = 0;
    shared.last_rpc_id = 0;
    startSettings();
    server->refuse(false);
  }

  // What the gateway's process has in memory goes with it: queued events, outcomes, and the runs that are not over.
  void forget() {
    ++shared.boot;
    shared.queued_system_events.clear();
    for (const auto& [key, run] : shared.runs)
      if (!run.over) shared.orphans.push_back(key);
    shared.runs.clear();
  }

  void refuseFor(std::uint32_t ms) {
    server->refuse(true);
    if (ms) after(ms, [this] { server->refuse(false); });
  }

  // Says why, closes with 1012 and, when it comes back, refuses connections for `down_ms`.
  void stop(const json& payload, bool comes_back, std::uint32_t down_ms) {
    for (const auto& client : clients) {
      if (!client.socket) continue;
      if (payload.empty()) {  // killed: without a word
        client.socket->reset();
        continue;
      }
      if (client.connection->ready()) client.connection->event("shutdown", payload);
      client.socket->close(1012, "service restart");
    }
    forget();
    if (!comes_back || down_ms) refuseFor(comes_back ? down_ms : 0);
  }

  json command(const std::string& name, const json& args);
  void addFault(const json& args);

  Loop& loop;
  Options options;
  OpenClawShared shared;
  ConnectionBook book;
  std::vector<Client> clients;
  std::uint64_t epoch = 0;
  std::unique_ptr<Server> server;
};

void OpenClaw::Impl::addFault(const json& args) {
  OpenClawFault fault;
  fault.how = args.at("how").get<std::string>();
  fault.method = args.value("method", "");
  fault.code = args.value("code", fault.code);
  fault.message = args.value("message", fault.message);
  fault.ms = args.value("ms", fault.ms);
  fault.times = args.value("times", 1);
  const char* const known[] = {"drop", "drop_after", "slow", "garbage", "error", "retryable", "never"};
  if (std::find(std::begin(known), std::end(known), fault.how) == std::end(known)) {
    throw std::invalid_argument("fail: '" + fault.how +
                                "' is not known; known: drop drop_after slow garbage error retryable never");
  }
  if (fault.times == 0) throw std::invalid_argument("fail: times is a count above 0, or -1 for ever");
  shared.faults.push_back(fault);
}

json OpenClaw::Impl::command(const std::string& name, const json& args) {
  if (!args.is_object()) throw std::invalid_argument("expected an object of arguments");
  if (name == "configure") {
    OpenClawSettings wanted = shared.settings;
    applySettings(wanted, args);
    wanted.check();
    shared.settings = wanted;
    return {{"settings", dumpSettings(shared.settings)}};
  }
  if (name == "reset") return reset(), json::object();
  if (name == "fail") return addFault(args), json{{"faults", shared.faults.size()}};
  if (name == "refuse_connections") {
    if (args.value("refusing", true))
      refuseFor(args.value("ms", 0U));
    else
      server->refuse(false);
    return json::object();
  }
  if (name == "shutdown") return stop({{"reason", "gateway stopping"}}, false, 0), json::object();
  if (name == "restart") {
    const std::uint32_t expected = args.value("restart_expected_ms", 1500U);
    shared.settings.starting = args.value("starting", shared.settings.starting);
    return stop({{"reason", "gateway restarting"}, {"restartExpectedMs", expected}}, true, args.value("down_ms", 0U)),
           json::object();
  }
  if (name == "kill") return stop(json::object(), true, args.value("down_ms", 0U)), json::object();
  if (name == "turn") return openClawTurn(shared), json::object();
  if (name == "push_out") {  // somebody else's news
    for (std::uint32_t i = 0; i < args.value("events", 20U); ++i) {
      shared.queued_system_events.push_back("news " + std::to_string(i));
      if (shared.queued_system_events.size() > 20) shared.queued_system_events.pop_front();
    }
    return json::object();
  }
  if (name == "approve") return {{"approved", shared.devices.approve(args.value("request", ""))}};
  if (name == "remove_devices") return shared.devices.remove(), json::object();
  const std::string wanted = args.value("connection", "");
  std::size_t count = 0;
  for (const auto& client : std::vector<Client>(clients)) {
    if (!client.socket || (!wanted.empty() && client.connection->id() != wanted)) continue;
    ++count;
    if (name == "event")
      client.connection->event(args.at("event"), args.value("payload", json::object()));
    else if (!socketFault(*client.socket, name, args))
      throw std::invalid_argument("command '" + name + "' is not known");
  }
  return {{"connections", count}};
}

OpenClaw::OpenClaw(Loop& loop, Options options) : impl_(std::make_shared<Impl>(loop, std::move(options))) {
  impl_->listen();
}

OpenClaw::~OpenClaw() { impl_->dropAll(); }

void OpenClaw::onEvent(std::function<void(const std::string& kind, json what)> handler) {
  impl_->shared.tell = std::move(handler);
}

std::uint16_t OpenClaw::port() const { return impl_->server->port(); }

void OpenClaw::reset() { impl_->reset(); }

json OpenClaw::command(const std::string& name, const json& args) try {
  return impl_->command(name, args);
} catch (const json::exception& e) {
  throw std::invalid_argument("command '" + name + "': " + e.what());
}

json OpenClaw::state() const {
  const auto& s = impl_->shared;
  json list = json::array(), runs = json::object(), settings = dumpSettings(s.settings);
  for (const auto& client : impl_->clients) list.push_back(client.connection->describe());
  for (const auto& [id, run] : s.runs)
    runs[id] = {{"session_key", run.session_key}, {"status", run.status}, {"over", run.over}};
  settings["token"] = "***";
  return {{"port", port()},
          {"dialect", s.settings.dialect},
          {"connections", impl_->book.dump()},
          {"connection_list", list},
          {"events", s.events},
          {"keys", s.keys},
          {"runs", runs},
          {"queued_system_events", s.queued_system_events},
          {"known", s.known},
          {"devices", s.devices.dump()},
          {"counters", {{"requests", s.requests}, {"answers", s.answers}, {"heartbeats", s.heartbeats}}},
          {"protocol_errors", s.protocol_errors},
          {"warnings", s.warnings},
          {"faults", s.faults.size()},
          {"settings", settings}};
}

}  // namespace fakes
