#include "tests/fakes/telegram.hpp"

#include <stdexcept>

#include "tests/fakes/lower.hpp"
#include "tests/fakes/telegram_impl.hpp"
#include "tests/fakes/telegram_params.hpp"

namespace fakes {

using nlohmann::json;

void Telegram::Impl::listen() {
  Server::Handlers handlers;
  handlers.onRequest = [this](const Request& request, const Server::Reply& reply) { onRequest(request, reply); };
  handlers.onUpgrade = [](const Request&) {
    Response response;
    response.status = 404;
    return response;
  };
  server = std::make_unique<Server>(loop, options.port, std::move(handlers), options.certificate_pem_file,
                                    options.key_pem_file);
}

void Telegram::Impl::onRequest(const Request& request, const Server::Reply& reply) {
  ++requests_total;
  const std::string path = request.path();
  const std::size_t slash = path.find('/', 1);
  const bool shaped = path.rfind("/bot", 0) == 0 && slash != std::string::npos && path.find(':') < slash;
  const std::string method = shaped ? lower(path.substr(slash + 1)) : "";
  json params = json::object();
  TelegramAnswer answer;
  if (!shaped)
    answer = refuseTelegram(404, "Not Found");
  else if (path.substr(4, slash - 4) != options.bot_token)
    answer = refuseTelegram(401, "Unauthorized");
  else
    answer = readTelegramParams(request, params);
  json* message = nullptr;
  Response response;
  response.delay_ms = settings.delay_ms;
  const TelegramFault fault = answer.code == 200 ? takeTelegramFault(faults, method, params) : TelegramFault{};
  if (answer.code != 200) {
    wrong(method, answer);
  } else if (fault.how == "drop") {
    response.drop = true;
  } else if (fault.how == "not_json") {
    response.type = "text/html";
    response.body = "<html><body>It works!</body></html>";
  } else if (plainTelegramFault(fault, answer)) {
    // that is all of it
  } else {
    answer = dispatch(method, params, message);
    if (answer.code != 200 && answer.code != 429) wrong(method, answer);
    if (fault.how == "delay") response.delay_ms += fault.ms;
    if (fault.how == "drip") response.drip_ms = fault.ms;
    if (fault.how == "drop_after") response.drop = true;
  }
  if (response.drop || !response.body.empty()) answer.code = response.drop ? 0 : 200;
  if (message) (*message)["answered"] = !response.drop;
  if (response.body.empty()) response.body = answer.body.dump();
  response.status = answer.code ? answer.code : 200;
  if (requests.size() < kMostKept) {
    requests.push_back({{"at_ms", loop.nowUs() / 1000},
                        {"method", method},
                        {"http_method", request.method},
                        {"params", params},
                        {"status", answer.code},
                        {"fault", fault.how.empty() ? json() : json(fault.how)}});
  }
  reply(std::move(response));
}

TelegramAnswer Telegram::Impl::dispatch(const std::string& method, const json& params, json*& message) {
  if (method == "getme") {
    return {200,
            {{"ok", true},
             {"result",
              {{"id", 123456},
               {"is_bot", true},
               {"first_name", "Hookswitch"},
               {"username", settings.username},
               {"can_join_groups", true},
               {"can_read_all_group_messages", false},
               {"supports_inline_queries", false}}}}};
  }
  if (method == "sendmessage") return sendMessage(params, message);
  return refuseTelegram(404, "Not Found: method not found");
}

void Telegram::Impl::wrong(const std::string& method, const TelegramAnswer& answer) {
  if (tell) tell("protocol_error", {{"code", answer.code}, {"message", answer.body.value("description", "")}});
  if (protocol_errors.size() < kMostKept) {
    protocol_errors.push_back(
        {{"code", answer.code}, {"method", method}, {"message", answer.body.value("description", "")}});
  }
}

void Telegram::Impl::reset() {
  settings = {};
  faults.clear(), messages.clear(), requests.clear(), protocol_errors.clear(), warnings.clear();
  requests_total = too_fast = 0;
  paces.clear();
  last_message_id = 0;
  server->refuse(false);
}

json Telegram::Impl::command(const std::string& name, const json& args) {
  if (name == "configure") {
    applySettings(settings, args);
    return {{"settings", dumpSettings(settings)}};
  }
  if (name == "reset") return reset(), json::object();
  if (name == "refuse_connections") {
    server->refuse(args.value("refusing", true));
    return json::object();
  }
  if (name != "fail")
    throw std::invalid_argument("command '" + name +
                                "' is not known; known: configure, fail, refuse_connections, reset");
  faults.push_back(readTelegramFault(args));
  return {{"faults", faults.size()}};
}

Telegram::Telegram(Loop& loop, Options options) : impl_(std::make_shared<Impl>(loop, std::move(options))) {
  impl_->listen();
}

Telegram::~Telegram() = default;

void Telegram::onEvent(std::function<void(const std::string& kind, json what)> handler) {
  impl_->tell = std::move(handler);
}

std::uint16_t Telegram::port() const { return impl_->server->port(); }

void Telegram::reset() { impl_->reset(); }

json Telegram::command(const std::string& name, const json& args) try {
  return impl_->command(name, args);
} catch (const json::exception& e) {
  throw std::invalid_argument("command '" + name + "': " + e.what());
}

json Telegram::state() const {
  return {{"port", port()},
          {"requests_total", impl_->requests_total},
          {"requests", impl_->requests},
          {"messages", impl_->messages},
          {"protocol_errors", impl_->protocol_errors},
          {"warnings", impl_->warnings},
          {"faults", impl_->faults.size()},
          {"too_fast", impl_->too_fast},
          {"settings", dumpSettings(impl_->settings)}};
}

}  // namespace fakes
