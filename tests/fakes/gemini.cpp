#include "tests/fakes/gemini.hpp"

#include "tests/fakes/gemini_session.hpp"
#include "tests/fakes/voice_sessions.hpp"
#include "tests/places.hpp"

#include <stdexcept>

namespace fakes {

using nlohmann::json;

struct Gemini::Impl {
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
      ++sessions->book.refused;
      const char* name = settings.upgrade_status == 429   ? "RESOURCE_EXHAUSTED"
                         : settings.upgrade_status == 403 ? "PERMISSION_DENIED"
                                                          : "UNAVAILABLE";
      Response response = error(settings.upgrade_status, name, "Refused on command.");
      response.delay_ms = settings.upgrade_delay_ms;
      return response;
    }
    const auto refused = [&](Response response, const std::string& what) {
      ++sessions->book.refused;
      sessions->upgrade_errors.push_back({{"code", response.status}, {"message", what}});
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
    GeminiWire wire;
    wire.send = [raw = std::weak_ptr<Socket>(socket)](std::string message, bool text) {
      if (const auto s = raw.lock()) s->send(std::move(message), text);
    };
    wire.close = [raw = std::weak_ptr<Socket>(socket)](unsigned code, std::string reason) {
      const auto s = raw.lock();
      if (s && code == 1006)  // not a code that can be sent: the connection is reset
        s->reset();
      else if (s)
        s->close(code, std::move(reason));
    };
    wire.after = [this](std::uint32_t ms, std::function<void()> task) { loop.after(ms, std::move(task)); };
    wire.now_ms = [this] { return loop.nowUs() / 1000; };
    auto session =
        std::make_shared<GeminiSession>(sessions->nextId(), request.path() == path("v1alpha"), shared, std::move(wire));
    sessions->add(session, socket);
    session->open();
  }

  void reset() {
    sessions->reset();
    shared.settings = {};
    shared.queue.clear();
    shared.handles.clear();
    shared.messages_in = shared.messages_out = shared.audio_bytes_in = shared.audio_bytes_out = shared.audio_in =
        shared.audio_out = 0;
    server->refuse(false);
  }

  json command(const std::string& name, const json& args);

  Loop& loop;
  Options options;
  GeminiShared shared;
  std::shared_ptr<VoiceSessions<GeminiSession>> sessions = std::make_shared<VoiceSessions<GeminiSession>>();
  std::unique_ptr<Server> server;
};

json Gemini::Impl::command(const std::string& name, const json& args) {
  if (!args.is_object()) throw std::invalid_argument("expected an object of arguments");
  if (json result; voiceCommand<GeminiTurn>(shared, *server, name, args, result)) return result;
  if (name == "reset") return reset(), json::object();
  const auto targets = sessions->chosen(args);
  // What is sent on command goes out like everything else: in the kind of frame that was set.
  const auto binary = [this](const std::string& what, json given) {
    if (what == "send" && !given.contains("binary")) given["binary"] = shared.settings.frames == "binary";
    return given;
  };
  if (name == "audio") {
    const auto& session = sessions->heard(args);
    const bool received = args.value("direction", "received") == "received";
    return {{"session", session.id()},
            {"rate", received ? session.inputRate() : 24000U},
            {"sample_bytes", 2},
            {"base64", encodeBase64(session.audio(received))}};
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

Gemini::~Gemini() { impl_->sessions->dropAll(); }

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
  const auto& s = impl_->shared;
  return {{"port", port()},
          {"connections", impl_->sessions->book.dump()},
          {"protocol_errors", impl_->sessions->errors()},
          {"sessions", impl_->sessions->describe()},
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
