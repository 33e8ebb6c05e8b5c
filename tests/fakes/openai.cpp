#include "tests/fakes/openai.hpp"

#include "tests/fakes/openai_session.hpp"
#include "tests/fakes/voice_sessions.hpp"
#include "tests/places.hpp"

#include <algorithm>
#include <stdexcept>

namespace fakes {

using nlohmann::json;

struct OpenAi::Impl {
  Impl(Loop& loop_, Options options_)
      : loop(loop_),
        options(std::move(options_)),
        shared(options.events_file.empty() ? std::string(HOOKSWITCH_TEST_DATA) + "/openai_realtime_events.json"
                                           : options.events_file) {}

  void listen() {
    Server::Handlers handlers;
    handlers.onRequest = [](const Request&, const Server::Reply& reply) {
      reply(error(404, "invalid_request_error", "not_found", "Unknown request URL."));
    };
    handlers.onUpgrade = [this](const Request& request) { return upgrade(request); };
    handlers.onSocket = [this](const Request& request, SocketPtr socket) { accept(request, std::move(socket)); };
    server = std::make_unique<Server>(loop, options.port, std::move(handlers), options.certificate_pem_file,
                                      options.key_pem_file);
  }

  static Response error(unsigned status, const char* type, const char* code, const std::string& message) {
    Response response;
    response.status = status;
    response.body = json{{"error", {{"message", message}, {"type", type}, {"param", nullptr}, {"code", code}}}}.dump();
    return response;
  }

  Response upgrade(const Request& request) {
    auto& settings = shared.settings;
    if (settings.upgrade_status && settings.upgrade_refusals != 0) {
      if (settings.upgrade_refusals > 0) --settings.upgrade_refusals;
      ++sessions->book.refused;
      Response response = error(settings.upgrade_status, "server_error", "refused", "Refused on command.");
      response.delay_ms = settings.upgrade_delay_ms;
      if (settings.upgrade_status == 429) response.headers.emplace_back("Retry-After", "1");
      return response;
    }
    const auto refused = [&](Response response, const std::string& what) {
      ++sessions->book.refused;
      sessions->upgrade_errors.push_back({{"code", "upgrade"}, {"message", what}});
      return response;
    };
    if (request.path() != "/v1/realtime")
      return refused(error(404, "invalid_request_error", "not_found", "Unknown path."), "path " + request.path());
    if (header(request.headers, "authorization") != "Bearer " + options.api_key) {
      return refused(error(401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
                     "no valid bearer token");
    }
    if (request.query("model").empty())
      return refused(error(400, "invalid_request_error", "missing_model", "You must provide a model parameter."),
                     "no model in the query");
    Response response;
    response.status = 101;
    return response;
  }

  void accept(const Request& request, SocketPtr socket) {
    OpenAiWire wire;
    wire.send = [raw = std::weak_ptr<Socket>(socket)](std::string text) {
      if (const auto s = raw.lock()) s->send(std::move(text), true);
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
    auto session = std::make_shared<OpenAiSession>(sessions->nextId(), request.query("model"), shared, std::move(wire));
    sessions->add(session, socket);
    session->open(!header(request.headers, "openai-beta").empty());
  }

  void reset() {
    sessions->reset();
    shared.settings = {};
    shared.queue.clear();
    shared.messages_in = shared.messages_out = shared.audio_bytes_in = shared.audio_bytes_out = shared.appends =
        shared.deltas = 0;
    server->refuse(false);
  }

  json command(const std::string& name, const json& args);

  Loop& loop;
  Options options;
  OpenAiShared shared;
  std::shared_ptr<VoiceSessions<OpenAiSession>> sessions = std::make_shared<VoiceSessions<OpenAiSession>>();
  std::unique_ptr<Server> server;
};

json OpenAi::Impl::command(const std::string& name, const json& args) {
  if (!args.is_object()) throw std::invalid_argument("expected an object of arguments");
  if (json result; voiceCommand<OpenAiTurn>(shared, *server, name, args, result)) return result;
  if (name == "reset") return reset(), json::object();
  if (name == "forget_latencies") return shared.latencies_us.clear(), json::object();
  const auto targets = sessions->chosen(args);
  if (name == "audio") {
    const auto& session = sessions->heard(args);
    const bool received = args.value("direction", "received") == "received";
    const auto& format = session.format(received);
    return {{"session", session.id()},
            {"rate", format.rate},
            {"sample_bytes", format.sampleBytes()},
            {"base64", encodeBase64(session.audio(received))}};
  }
  const OpenAiTurn turn = name == "respond" ? OpenAiTurn::parse(args.value("turn", json::object())) : OpenAiTurn{};
  for (const auto& client : targets) {
    auto& session = *client.session;
    if (name == "speech")
      args.value("started", true) ? session.speechStarted() : session.speechStopped();
    else if (name == "respond")
      session.respond(turn);
    else if (name == "expire")
      session.expire();
    else if (name == "error") {
      session.emitError(
          args.value("type", "server_error"),
          {args.value("code", ""), args.value("param", ""), args.value("message", "An error on command.")},
          args.value("event_id", json()));
    } else if (!socketFault(*client.socket, name, args)) {
      throw std::invalid_argument("command '" + name + "' is not known");
    }
  }
  return {{"sessions", targets.size()}};
}

OpenAi::OpenAi(Loop& loop, Options options) : impl_(std::make_shared<Impl>(loop, std::move(options))) {
  impl_->listen();
}

OpenAi::~OpenAi() { impl_->sessions->dropAll(); }

void OpenAi::onEvent(std::function<void(const std::string& kind, json what)> handler) {
  impl_->shared.tell = std::move(handler);
}

std::uint16_t OpenAi::port() const { return impl_->server->port(); }

void OpenAi::reset() { impl_->reset(); }

json OpenAi::command(const std::string& name, const json& args) try {
  return impl_->command(name, args);
} catch (const json::exception& e) {
  throw std::invalid_argument("command '" + name + "': " + e.what());
}

json OpenAi::state() const {
  const auto& s = impl_->shared;
  auto sorted = s.latencies_us;
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&sorted](double part) {
    return sorted.empty() ? 0u : sorted[std::size_t(double(sorted.size() - 1) * part)];
  };
  return {{"port", port()},
          {"latency_us", {{"count", sorted.size()}, {"p50", at(0.5)}, {"p99", at(0.99)}, {"max", at(1)}}},
          {"connections", impl_->sessions->book.dump()},
          {"protocol_errors", impl_->sessions->errors()},
          {"sessions", impl_->sessions->describe()},
          {"counters",
           {{"messages_in", s.messages_in},
            {"messages_out", s.messages_out},
            {"audio_bytes_in", s.audio_bytes_in},
            {"audio_bytes_out", s.audio_bytes_out},
            {"appends", s.appends},
            {"deltas", s.deltas}}},
          {"settings", dumpSettings(s.settings)},
          {"queued_turns", s.queue.size()}};
}

}  // namespace fakes
