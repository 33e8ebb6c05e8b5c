#include "tests/fakes/gemini.hpp"

#include "tests/fakes/gemini_session.hpp"
#include "tests/fakes/socket_faults.hpp"
#include "tests/places.hpp"

#include <algorithm>
#include <stdexcept>

namespace fakes {

using nlohmann::json;

struct Gemini::Impl : std::enable_shared_from_this<Gemini::Impl> {
  struct Client {
    std::shared_ptr<GeminiSession> session;
    SocketPtr socket;
  };
  static constexpr std::size_t kMostRemembered = 300;  // closed sessions kept for state()

  Impl(Loop& loop_, Options options_)
      : loop(loop_),
        options(std::move(options_)),
        shared(options.messages_file.empty() ? std::string(HOOKSWITCH_TEST_DATA) + "/gemini_live_messages.json"
                                             : options.messages_file) {}

  void listen() {
    Server::Handlers handlers;
    handlers.onRequest = [](const Request&, const Server::Reply& reply) {
      reply(error(404, "NOT_FOUND", "Unknown request URL."));
    };
    handlers.onUpgrade = [this](const Request& request) { return upgrade(request); };
    handlers.onSocket = [this](const Request& request, SocketPtr socket) { accept(request, std::move(socket)); };
    server = std::make_unique<Server>(loop, options.port, std::move(handlers), options.certificate_pem_file,
                                      options.key_pem_file);
  }

  static Response error(unsigned status, const char* name, const std::string& message) {
    Response response;
    response.status = status;
    response.body = json{{"error", {{"code", status}, {"message", message}, {"status", name}}}}.dump();
    return response;
  }

  Response upgrade(const Request& request) {
    auto& settings = shared.settings;
    if (settings.upgrade_status && settings.upgrade_refusals != 0) {
      if (settings.upgrade_refusals > 0) --settings.upgrade_refusals;
      ++book.refused;
      const char* name = settings.upgrade_status == 429   ? "RESOURCE_EXHAUSTED"
                         : settings.upgrade_status == 403 ? "PERMISSION_DENIED"
                                                          : "UNAVAILABLE";
      Response response = error(settings.upgrade_status, name, "Refused on command.");
      response.delay_ms = settings.upgrade_delay_ms;
      return response;
    }
    const auto refused = [&](Response response, const std::string& what) {
      ++book.refused;
      upgrade_errors.push_back({{"code", response.status}, {"message", what}});
      return response;
    };
    if (request.path() != path("v1beta") && request.path() != path("v1alpha")) {
      return refused(error(404, "NOT_FOUND", "Unknown path."), "path " + request.path());
    }
    const bool in_header = header(request.headers, "x-goog-api-key") == options.api_key;
    if (!in_header && request.query("key") != options.api_key) {
      return refused(error(403, "PERMISSION_DENIED", "The caller does not have permission."), "no valid key");
    }
    Response response;
    response.status = 101;
    return response;
  }

  static std::string path(const char* version) {
    return std::string("/ws/google.ai.generativelanguage.") + version + ".GenerativeService.BidiGenerateContent";
  }

  void accept(const Request& request, SocketPtr socket) {
    book.opened();
    GeminiWire wire;
    wire.send = [raw = std::weak_ptr<Socket>(socket)](std::string message, bool text) {
      if (const auto s = raw.lock()) s->send(std::move(message), text);
    };
    wire.close = [raw = std::weak_ptr<Socket>(socket)](unsigned code, std::string reason) {
      if (const auto s = raw.lock()) s->close(code, std::move(reason));
    };
    wire.after = [this](std::uint32_t ms, std::function<void()> task) { loop.after(ms, std::move(task)); };
    wire.now_ms = [this] { return loop.nowUs() / 1000; };
    auto session = std::make_shared<GeminiSession>("s" + std::to_string(book.total), request.path() == path("v1alpha"),
                                                   shared, std::move(wire));
    clients.push_back({session, socket});
    Socket::Handlers handlers;
    handlers.onMessage = [session](std::string_view payload, bool text) { session->onMessage(payload, text); };
    handlers.onClose = [self = weak_from_this(), session](unsigned code, std::string_view reason) {
      session->onClose(code, reason);
      if (const auto impl = self.lock()) impl->closed(session, code);
    };
    socket->start(std::move(handlers));
    session->open();
  }

  void closed(const std::shared_ptr<GeminiSession>& session, unsigned code) {
    const auto client =
        std::find_if(clients.begin(), clients.end(), [&](const Client& c) { return c.session == session; });
    if (client == clients.end()) return;  // forgotten by reset()
    book.closed(code);
    client->socket.reset();
    std::size_t over = clients.size() - static_cast<std::size_t>(book.open);
    for (auto it = clients.begin(); over > kMostRemembered && it != clients.end();) {
      if (it->socket) {
        ++it;
      } else {
        for (const auto& e : it->session->protocolErrors()) old_errors.push_back(e);
        it = clients.erase(it);
        --over;
      }
    }
  }

  // A session that is told of its end first stays quiet, whatever its socket still delivers.
  void dropAll() {
    for (auto& client : clients) {
      if (client.socket) client.session->onClose(1006, ""), client.socket->reset();
    }
    clients.clear();
  }

  void reset() {
    dropAll();
    old_errors.clear(), upgrade_errors.clear();
    book = {};
    shared.settings = {};
    shared.queue.clear();
    shared.handles.clear();
    shared.messages_in = shared.messages_out = shared.audio_bytes_in = shared.audio_bytes_out = shared.audio_in =
        shared.audio_out = 0;
    server->refuse(false);
  }

  // The open sessions a command speaks to: args.session names one, "last" the newest, absent all.
  std::vector<Client> chosen(const json& args) const {
    const std::string wanted = args.value("session", "");
    std::vector<Client> out;
    for (const auto& client : clients) {
      if (client.socket && (wanted.empty() || wanted == "last" || client.session->id() == wanted))
        out.push_back(client);
    }
    if (wanted == "last" && out.size() > 1) out.erase(out.begin(), out.end() - 1);
    return out;
  }

  json command(const std::string& name, const json& args);

  Loop& loop;
  Options options;
  GeminiShared shared;
  ConnectionBook book;
  std::vector<Client> clients;
  std::vector<json> old_errors, upgrade_errors;
  std::unique_ptr<Server> server;
};

json Gemini::Impl::command(const std::string& name, const json& args) {
  if (!args.is_object()) throw std::invalid_argument("expected an object of arguments");
  if (name == "configure") {
    GeminiSettings wanted = shared.settings;
    applySettings(wanted, args);
    wanted.check();
    shared.settings = wanted;
    return {{"settings", dumpSettings(shared.settings)}};
  }
  if (name == "reset") return reset(), json::object();
  if (name == "refuse_connections") {
    server->refuse(args.value("refusing", true));
    return json::object();
  }
  if (name == "queue") {
    std::vector<GeminiTurn> turns;
    for (const auto& turn : args.at("turns")) turns.push_back(GeminiTurn::parse(turn));
    for (auto& turn : turns) shared.queue.push_back(std::move(turn));
    return {{"queued", shared.queue.size()}};
  }
  const auto targets = chosen(args);
  // What is sent on command goes out like everything else: in the kind of frame that was set.
  const auto binary = [this](const std::string& what, json given) {
    if (what == "send" && !given.contains("binary")) given["binary"] = shared.settings.frames == "binary";
    return given;
  };
  if (name == "audio") {
    const std::string wanted = args.value("session", "last");
    for (auto client = clients.rbegin(); client != clients.rend(); ++client) {
      if (wanted != "last" && client->session->id() != wanted) continue;
      const bool received = args.value("direction", "received") == "received";
      return {{"session", client->session->id()},
              {"rate", received ? client->session->inputRate() : 24000U},
              {"sample_bytes", 2},
              {"base64", encodeBase64(client->session->audio(received))}};
    }
    throw std::invalid_argument("no session '" + wanted + "'");
  }
  const GeminiTurn turn = name == "respond" ? GeminiTurn::parse(args.value("turn", json::object())) : GeminiTurn{};
  for (const auto& client : targets) {
    auto& session = *client.session;
    if (name == "speech")
      session.speech(args.value("started", true));
    else if (name == "respond")
      session.respond(turn);
    else if (name == "interrupted")
      session.interrupted();
    else if (name == "cancel_tools")
      session.cancelTools();
    else if (name == "go_away") {
      const std::uint32_t left = args.value("left_ms", shared.settings.go_away_left_ms);
      session.goAway(left, args.value("close_after_ms", left), args.value("silent", false));
    } else if (!socketFault(*client.socket, name, binary(name, args))) {
      throw std::invalid_argument("command '" + name + "' is not known");
    }
  }
  return {{"sessions", targets.size()}};
}

Gemini::Gemini(Loop& loop, Options options) : impl_(std::make_shared<Impl>(loop, std::move(options))) {
  impl_->listen();
}

Gemini::~Gemini() { impl_->dropAll(); }

void Gemini::onEvent(std::function<void(const std::string& kind, json what)> handler) {
  impl_->shared.tell = std::move(handler);
}

std::uint16_t Gemini::port() const { return impl_->server->port(); }

void Gemini::reset() { impl_->reset(); }

json Gemini::command(const std::string& name, const json& args) try {
  return impl_->command(name, args);
} catch (const json::exception& e) {
  throw std::invalid_argument("command '" + name + "': " + e.what());
}

json Gemini::state() const {
  json sessions = json::array(), errors = impl_->upgrade_errors;
  for (const auto& error : impl_->old_errors) errors.push_back(error);
  for (const auto& client : impl_->clients) {
    sessions.push_back(client.session->describe());
    for (json error : client.session->protocolErrors()) {
      error["session"] = client.session->id();
      errors.push_back(std::move(error));
    }
  }
  const auto& s = impl_->shared;
  return {{"port", port()},
          {"connections", impl_->book.dump()},
          {"protocol_errors", errors},
          {"sessions", sessions},
          {"counters",
           {{"messages_in", s.messages_in},
            {"messages_out", s.messages_out},
            {"audio_bytes_in", s.audio_bytes_in},
            {"audio_bytes_out", s.audio_bytes_out},
            {"audio_in", s.audio_in},
            {"audio_out", s.audio_out}}},
          {"settings", dumpSettings(s.settings)},
          {"queued_turns", s.queue.size()}};
}

}  // namespace fakes
