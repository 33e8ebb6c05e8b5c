#include "tests/fakes/telegram.hpp"

#include "tests/fakes/lower.hpp"
#include "tests/fakes/settings.hpp"
#include "tests/fakes/telegram_entities.hpp"

#include <algorithm>
#include <cctype>
#include <ctime>
#include <deque>
#include <map>
#include <stdexcept>

namespace fakes {
namespace {

using nlohmann::json;

constexpr std::size_t kMostKept = 20000;  // messages and requests

struct TelegramSettings {
  json chats = json::array();  ///< known chat ids; empty: every id is known
  std::uint32_t delay_ms = 0;  ///< before every answer
  std::string username = "HookswitchFakeBot";
  bool groups_are_closed = false;  ///< 403 for every negative id
  bool pace = false;  ///< enforce what Telegram allows: bursts of 3 and 1 a second per chat, 20 a minute per group
  std::uint32_t group_per_minute = 20;

  template <class Visit>
  void visit(Visit&& v) {
    v("chats", chats), v("delay_ms", delay_ms), v("username", username), v("groups_are_closed", groups_are_closed);
    v("pace", pace), v("group_per_minute", group_per_minute);
  }
};

/// When the messages of a chat arrived, and what it may take now.
struct ChatPace {
  static constexpr double burst = 3;
  double tokens = burst;
  std::uint64_t at_ms = 0;
  std::deque<std::uint64_t> minute;

  /// Seconds to wait; 0: this one is taken.
  std::uint32_t take(std::uint64_t now_ms, bool group, std::size_t per_minute) {
    tokens = std::min(burst, tokens + double(now_ms - at_ms) / 1000);
    at_ms = now_ms;
    while (!minute.empty() && minute.front() + 60'000 <= now_ms) minute.pop_front();
    if (group && minute.size() >= per_minute) return std::uint32_t((minute.front() + 60'000 - now_ms + 999) / 1000);
    if (tokens < 1) return 1;
    --tokens;
    minute.push_back(now_ms);
    return 0;
  }
};

/// One misbehaviour, used up `times` times by requests it fits.
struct Fault {
  std::string how, method, description;
  std::int64_t chat_id = 0, migrate_to = 0;
  std::uint32_t retry_after = 1, ms = 0;
  std::int32_t times = 1;
};

const std::map<std::string, std::pair<unsigned, const char*>>& plainFaults() {
  static const std::map<std::string, std::pair<unsigned, const char*>> known = {
      {"400", {400, "Bad Request: chat not found"}},
      {"entities", {400, "Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 0"}},
      {"too_long", {400, "Bad Request: message is too long"}},
      {"401", {401, "Unauthorized"}},
      {"403", {403, "Forbidden: bot was blocked by the user"}},
      {"404", {404, "Not Found"}},
      {"409", {409, "Conflict: terminated by other getUpdates request"}},
      {"500", {500, "Internal Server Error"}},
      {"502", {502, "Bad Gateway"}}};
  return known;
}

std::string urlDecode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto hex = [&](std::size_t at) {
      return at < text.size() && std::isxdigit(static_cast<unsigned char>(text[at]));
    };
    if (text[i] == '%' && hex(i + 1) && hex(i + 2)) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

void decodeForm(std::string_view form, json& params) {
  for (std::size_t at = 0; at < form.size();) {
    const std::size_t end = std::min(form.find('&', at), form.size());
    const std::string_view pair = form.substr(at, end - at);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (equals)
      params[urlDecode(pair.substr(0, equals))] = equals < pair.size() ? urlDecode(pair.substr(equals + 1)) : "";
    at = end + 1;
  }
}

}  // namespace

struct Telegram::Impl : std::enable_shared_from_this<Telegram::Impl> {
  struct Answer {
    unsigned code = 200;
    json body;
  };

  Impl(Loop& loop_, Options options_) : loop(loop_), options(std::move(options_)) {}

  void listen() {
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

  static Answer refuse(unsigned code, const std::string& description, const json& parameters = nullptr) {
    json body = {{"ok", false}, {"error_code", code}, {"description", description}};
    if (!parameters.is_null()) body["parameters"] = parameters;
    return {code, body};
  }

  void onRequest(const Request& request, const Server::Reply& reply) {
    ++requests_total;
    const std::string path = request.path();
    const std::size_t slash = path.find('/', 1);
    const bool shaped = path.rfind("/bot", 0) == 0 && slash != std::string::npos && path.find(':') < slash;
    const std::string method = shaped ? lower(path.substr(slash + 1)) : "";
    json params = json::object();
    Answer answer;
    if (!shaped)
      answer = refuse(404, "Not Found");
    else if (path.substr(4, slash - 4) != options.bot_token)
      answer = refuse(401, "Unauthorized");
    else
      answer = readParams(request, params);
    json* message = nullptr;
    Response response;
    response.delay_ms = settings.delay_ms;
    const Fault fault = answer.code == 200 ? takeFault(method, params) : Fault{};
    if (answer.code != 200) {
      wrong(method, answer);
    } else if (fault.how == "drop") {
      response.drop = true;
    } else if (fault.how == "not_json") {
      response.type = "text/html";
      response.body = "<html><body>It works!</body></html>";
    } else if (fault.how == "429") {
      answer = refuse(429, "Too Many Requests: retry after " + std::to_string(fault.retry_after),
                      {{"retry_after", fault.retry_after}});
    } else if (fault.how == "migrate") {
      answer = refuse(400, "Bad Request: group chat was upgraded to a supergroup chat",
                      {{"migrate_to_chat_id", fault.migrate_to}});
    } else if (const auto plain = plainFaults().find(fault.how); plain != plainFaults().end()) {
      answer = refuse(plain->second.first, fault.description.empty() ? plain->second.second : fault.description);
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

  Answer readParams(const Request& request, json& params) {
    if (request.method != "GET" && request.method != "POST") return refuse(405, "Method Not Allowed");
    const std::size_t query = request.target.find('?');
    if (query != std::string::npos) decodeForm(std::string_view(request.target).substr(query + 1), params);
    if (request.body.empty()) return {};
    const std::string type = lower(std::string(header(request.headers, "content-type")));
    if (type.rfind("application/json", 0) == 0) {
      const json body = json::parse(request.body, nullptr, false);
      if (!body.is_object()) return refuse(400, "Bad Request: can't parse JSON object");
      params.update(body);
    } else if (type.rfind("application/x-www-form-urlencoded", 0) == 0) {
      decodeForm(request.body, params);
    } else {
      return refuse(400, "Bad Request: unsupported content type '" + type + "'");
    }
    return {};
  }

  Fault takeFault(const std::string& method, const json& params) {
    for (auto it = faults.begin(); it != faults.end(); ++it) {
      if (!it->method.empty() && lower(it->method) != method) continue;
      if (it->chat_id && (!params.contains("chat_id") || chatId(params["chat_id"]) != it->chat_id)) continue;
      const Fault fault = *it;
      if (it->times > 0 && --it->times == 0) faults.erase(it);
      return fault;
    }
    return {};
  }

  static std::int64_t chatId(const json& value) {
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (!value.is_string()) return 0;
    const auto& text = value.get_ref<const std::string&>();
    if (text.empty() || text.size() > 19 || text.find_first_not_of("0123456789", text[0] == '-') != std::string::npos ||
        text == "-")
      return 0;
    return std::stoll(text);
  }

  static bool flag(const json& params, const char* name) {
    const json value = params.value(name, json(false));
    return value == true || value == "true" || value == "True" || value == "1";
  }

  Answer dispatch(const std::string& method, const json& params, json*& message) {
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
    return refuse(404, "Not Found: method not found");
  }

  Answer sendMessage(const json& params, json*& message) {
    const json chat = params.value("chat_id", json());
    if (chat.is_null() || chat == "") return refuse(400, "Bad Request: chat_id is empty");
    const std::int64_t id = chatId(chat);
    const bool channel = chat.is_string() && chat.get_ref<const std::string&>()[0] == '@';
    if (!id && !channel) return refuse(400, "Bad Request: chat not found");
    if (!settings.chats.empty() && std::none_of(settings.chats.begin(), settings.chats.end(),
                                                [&](const json& known) { return known == chat || known == id; })) {
      return refuse(400, "Bad Request: chat not found");
    }
    if (settings.groups_are_closed && id < 0) return refuse(403, "Forbidden: bot was kicked from the supergroup chat");
    if (params.contains("text") && !params["text"].is_string())
      return refuse(400, "Bad Request: field \"text\" must be of type String");
    const std::string raw = params.value("text", "");
    if (!validUtf8(raw)) return refuse(400, "Bad Request: strings must be encoded in UTF-8");
    const std::string mode = lower(params.contains("parse_mode") && params["parse_mode"].is_string()
                                       ? params["parse_mode"].get<std::string>()
                                       : "");
    TelegramText text;
    if (mode == "html")
      text = parseTelegramHtml(raw);
    else if (mode.empty())
      text.plain = raw;
    else
      text.error = "this stand-in reads HTML only, not " + mode;
    if (!text.error.empty()) return refuse(400, "Bad Request: can't parse entities: " + text.error);
    if (text.plain.find_first_not_of(" \t\r\n") == std::string::npos)
      return refuse(400, "Bad Request: message text is empty");
    if (utf16Length(text.plain) > 4096) return refuse(400, "Bad Request: message is too long");
    for (const char* name : {"reply_markup", "link_preview_options", "reply_parameters"}) {
      if (!params.contains(name)) continue;
      const json& value = params[name];
      const json parsed = value.is_string() ? json::parse(value.get_ref<const std::string&>(), nullptr, false) : value;
      if (!parsed.is_object()) return refuse(400, std::string("Bad Request: object expected as ") + name);
    }
    if (settings.pace) {
      const std::uint32_t wait =
          paces[chat.dump()].take(loop.nowUs() / 1000, channel || id < 0, settings.group_per_minute);
      if (wait) {
        ++too_fast;
        return refuse(429, "Too Many Requests: retry after " + std::to_string(wait), {{"retry_after", wait}});
      }
    }
    if (text.careless) warnings.push_back("a bare & or > in HTML: '" + raw.substr(0, 200) + "'");
    const std::int64_t message_id = ++last_message_id;
    json result = {
        {"message_id", message_id},
        {"date", std::time(nullptr)},
        {"text", text.plain},
        {"from", {{"id", 123456}, {"is_bot", true}, {"first_name", "Hookswitch"}, {"username", settings.username}}},
        {"chat",
         {{"id", channel ? -1009999999999 : id},
          {"type", channel  ? "channel"
                   : id > 0 ? "private"
                            : "supergroup"}}}};
    if (!text.entities.empty()) result["entities"] = text.entities;
    if (messages.size() < kMostKept) {
      messages.push_back({{"message_id", message_id},
                          {"chat_id", chat},
                          {"text", text.plain},
                          {"raw", raw},
                          {"entities", text.entities},
                          {"parse_mode", mode},
                          {"silent", flag(params, "disable_notification")},
                          {"at_ms", loop.nowUs() / 1000}});
      message = &messages.back();
      if (tell) tell("message", messages.back());
    }
    return {200, {{"ok", true}, {"result", result}}};
  }

  void wrong(const std::string& method, const Answer& answer) {
    if (tell) tell("protocol_error", {{"code", answer.code}, {"message", answer.body.value("description", "")}});
    if (protocol_errors.size() < kMostKept) {
      protocol_errors.push_back(
          {{"code", answer.code}, {"method", method}, {"message", answer.body.value("description", "")}});
    }
  }

  void reset() {
    settings = {};
    faults.clear(), messages.clear(), requests.clear(), protocol_errors.clear(), warnings.clear();
    requests_total = too_fast = 0;
    paces.clear();
    last_message_id = 0;
    server->refuse(false);
  }

  json command(const std::string& name, const json& args);

  Loop& loop;
  Options options;
  TelegramSettings settings;
  std::function<void(const std::string& kind, json what)> tell;  // may be empty
  std::deque<Fault> faults;
  std::deque<json> messages;  // a deque: a pointer to the newest stays good while one request is handled
  std::vector<json> requests, protocol_errors, warnings;
  std::uint64_t requests_total = 0, too_fast = 0;
  std::map<std::string, ChatPace> paces;
  std::int64_t last_message_id = 0;
  std::unique_ptr<Server> server;
};

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
  Fault fault;
  fault.how = args.at("how").get<std::string>();
  fault.method = args.value("method", "");
  fault.description = args.value("description", "");
  fault.chat_id = args.value("chat_id", std::int64_t{0});
  fault.migrate_to = args.value("migrate_to_chat_id", std::int64_t{-1001234567890});
  fault.retry_after = args.value("retry_after", 1U);
  fault.ms = args.value("ms", 1000U);
  fault.times = args.value("times", 1);
  const bool special = fault.how == "429" || fault.how == "migrate" || fault.how == "drop" ||
                       fault.how == "drop_after" || fault.how == "delay" || fault.how == "drip" ||
                       fault.how == "not_json";
  if (!special && !plainFaults().count(fault.how)) {
    throw std::invalid_argument("fail: '" + fault.how +
                                "' is not known; known: 400 401 403 404 409 429 500 502 entities too_long migrate drop "
                                "drop_after delay drip not_json");
  }
  if (fault.times == 0) throw std::invalid_argument("fail: times is a count above 0, or -1 for ever");
  faults.push_back(fault);
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
