// The Call resource (twilio.md §1).
#include "tests/fakes/twilio_impl.hpp"

#include <algorithm>

namespace fakes {

using Json = nlohmann::json;

namespace {

constexpr std::size_t longest_twiml = 4000;

/// Thrown by the checks below, answered as Twilio answers.
struct Refusal {
  unsigned status;
  int code;
  std::string message;
};

const std::set<std::string>& createFields() {
  static const std::set<std::string> names = {"To",
                                              "From",
                                              "Method",
                                              "FallbackUrl",
                                              "FallbackMethod",
                                              "StatusCallback",
                                              "StatusCallbackEvent",
                                              "StatusCallbackMethod",
                                              "SendDigits",
                                              "Timeout",
                                              "Record",
                                              "RecordingChannels",
                                              "RecordingStatusCallback",
                                              "RecordingStatusCallbackMethod",
                                              "SipAuthUsername",
                                              "SipAuthPassword",
                                              "MachineDetection",
                                              "MachineDetectionTimeout",
                                              "RecordingStatusCallbackEvent",
                                              "Trim",
                                              "CallerId",
                                              "MachineDetectionSpeechThreshold",
                                              "MachineDetectionSpeechEndThreshold",
                                              "MachineDetectionSilenceTimeout",
                                              "AsyncAmd",
                                              "AsyncAmdStatusCallback",
                                              "AsyncAmdStatusCallbackMethod",
                                              "Byoc",
                                              "CallReason",
                                              "CallToken",
                                              "RecordingTrack",
                                              "TimeLimit",
                                              "ClientNotificationUrl",
                                              "Url",
                                              "Twiml"};
  return names;
}

const std::set<std::string>& updateFields() {
  static const std::set<std::string> names = {
      "Url",   "Method",   "Status", "FallbackUrl", "FallbackMethod", "StatusCallback", "StatusCallbackMethod",
      "Twiml", "TimeLimit"};
  return names;
}

std::string text(const Form& form, const char* name, const std::string& otherwise = {}) {
  const auto* value = find(form, name);
  return value == nullptr ? otherwise : *value;
}

void checkNames(const Form& form, const std::set<std::string>& known) {
  std::set<std::string> seen;
  for (const auto& [name, value] : form) {
    if (known.count(name) == 0) throw Refusal{400, 20001, "Unknown parameter '" + name + "'"};
    if (!seen.insert(name).second && name != "StatusCallbackEvent" && name != "RecordingStatusCallbackEvent")
      throw Refusal{400, 20001, "Parameter '" + name + "' is given twice"};
  }
}

std::string url(const Form& form, const char* name, int code) {
  const std::string value = text(form, name);
  UrlParts parts;
  if (value.empty()) return value;
  if (!splitUrl(value, parts) || (parts.scheme != "http" && parts.scheme != "https") ||
      parts.host.find('_') != std::string::npos)
    throw Refusal{400, code, std::string(name) + " is not a valid URL: " + value};
  return value;
}

std::string method(const Form& form, const char* name) {
  const std::string value = text(form, name, "POST");
  if (value != "POST" && value != "GET") throw Refusal{400, 21209, std::string(name) + " must be GET or POST"};
  return value;
}

std::uint32_t seconds(const Form& form, const char* name, std::uint32_t otherwise, std::uint32_t most, int code) {
  const auto* value = find(form, name);
  if (value == nullptr) return otherwise;
  const bool digits =
      !value->empty() && value->size() < 8 && value->find_first_not_of("0123456789") == std::string::npos;
  const unsigned long number = digits ? std::stoul(*value) : 0;
  if (number == 0 || number > most)
    throw Refusal{400, code, std::string(name) + " must be a whole number from 1 to " + std::to_string(most)};
  return std::uint32_t(number);
}

void oneDocument(const Form& form, bool required) {
  const bool has_url = find(form, "Url") != nullptr, has_twiml = find(form, "Twiml") != nullptr;
  if (has_url && has_twiml) throw Refusal{400, 21205, "Url and Twiml exclude each other"};
  if (required && !has_url && !has_twiml) throw Refusal{400, 21205, "Url parameter is required."};
  if (text(form, "Twiml").size() > longest_twiml) throw Refusal{400, 20001, "Twiml is longer than 4000 characters"};
}

CallRequest readCreate(const Form& form) {
  checkNames(form, createFields());
  CallRequest call;
  call.to = text(form, "To");
  call.from = text(form, "From");
  if (call.to.empty()) throw Refusal{400, 21201, "No 'To' number is specified"};
  if (call.from.empty()) throw Refusal{400, 21213, "No 'From' number is specified"};
  if (!isE164(call.to))
    throw Refusal{400, 21211, "The phone number you are attempting to call, " + call.to + ", is not valid."};
  if (!isE164(call.from))
    throw Refusal{400, 21212, "The source phone number provided, " + call.from + ", is not valid."};
  oneDocument(form, true);
  call.url = url(form, "Url", 21205);
  call.twiml = text(form, "Twiml");
  call.method = method(form, "Method");
  call.fallback_url = url(form, "FallbackUrl", 21205);
  call.fallback_method = method(form, "FallbackMethod");
  call.status_callback = url(form, "StatusCallback", 21609);
  call.status_callback_method = method(form, "StatusCallbackMethod");
  call.timeout_s = seconds(form, "Timeout", 60, 600, 21208);
  call.time_limit_s = seconds(form, "TimeLimit", 14400, 86400, 20001);
  std::set<std::string> events;
  for (const auto& [name, value] : form) {
    if (name != "StatusCallbackEvent") continue;
    if (value != "initiated" && value != "ringing" && value != "answered" && value != "completed")
      throw Refusal{400, 21626, "StatusCallbackEvent '" + value + "' is not valid: one pair per event"};
    events.insert(value);
  }
  if (!events.empty()) call.events = events;
  return call;
}

bool authorised(const Request& request, const std::string& user, const std::string& password) {
  std::string expected = "Basic ";
  appendBase64(expected, user + ":" + password);
  return header(request.headers, "authorization") == expected;
}

}  // namespace

Response Twilio::Impl::error(unsigned status, int code, const std::string& message) {
  return answer(status, {{"code", code},
                         {"message", message},
                         {"status", status},
                         {"more_info", "https://www.twilio.com/docs/errors/" + std::to_string(code)}});
}

Response Twilio::Impl::create(const Form& form, std::shared_ptr<TwilioCall>& made) {
  CallRequest wanted = readCreate(form);
  CallPlan course = plan;
  rules.apply(wanted.to, course);
  made = std::make_shared<TwilioCall>(line, std::move(wanted), std::move(course));
  remember(made);
  return answer(201, made->resource(true));
}

Response Twilio::Impl::update(TwilioCall& call, const Form& form) {
  checkNames(form, updateFields());
  const std::string status = text(form, "Status");
  if (find(form, "Status") != nullptr && status != "completed" && status != "canceled")
    throw Refusal{400, 20001, "Status must be 'completed' or 'canceled'"};
  oneDocument(form, false);
  if (find(form, "StatusCallback") != nullptr && find(form, "Url") == nullptr)
    throw Refusal{400, 20001, "StatusCallback is only taken together with Url"};
  const Refusal not_in_state{400, 21220, "Call is not in-progress. Cannot redirect."};
  if (call.over()) throw not_in_state;
  if (find(form, "TimeLimit") != nullptr) call.setTimeLimit(seconds(form, "TimeLimit", 0, 86400, 20001));
  if (find(form, "StatusCallback") != nullptr)
    call.setStatusCallback(url(form, "StatusCallback", 21609), method(form, "StatusCallbackMethod"));
  if (find(form, "Url") != nullptr || find(form, "Twiml") != nullptr)
    if (!call.replace(url(form, "Url", 21205), method(form, "Method"), text(form, "Twiml"))) throw not_in_state;
  if (status == "completed") call.hangUp("rest");
  if (status == "canceled") call.cancel();
  return answer(200, call.resource());
}

Response Twilio::Impl::perform(Operation operation, const Request& request, const Form& form,
                               const std::shared_ptr<TwilioCall>& call, std::shared_ptr<TwilioCall>& made) {
  try {
    switch (operation) {
      case Operation::create: return create(form, made);
      case Operation::fetch: return answer(200, call->resource());
      case Operation::update: return update(*call, form);
      case Operation::list: return list(request);
      case Operation::events: return events(*call);
      case Operation::remove: break;
    }
    if (!call->over()) throw Refusal{409, 20409, "The call is still in progress"};
    order.erase(std::remove(order.begin(), order.end(), call), order.end());
    calls.erase(call->sid());
    return Response{204};
  } catch (const Refusal& refusal) {
    return error(refusal.status, refusal.code, refusal.message);
  } catch (const std::invalid_argument& wrong) {  // the plan of a call names an audio file that is not there
    return error(500, 20500, wrong.what());
  }
}

void Twilio::Impl::handle(const Request& request, const Server::Reply& reply) {
  if (silent) {
    ++counters["unanswered"];
    unanswered.push_back(reply);
    return;
  }
  handleNow(request, [reply, late = latency_ms](Response response) {
    std::string date = rfc2822(std::time(nullptr));
    response.headers.emplace_back("Date", date.substr(0, date.rfind(' ')) + " GMT");
    response.delay_ms += late;
    reply(std::move(response));
  });
}

void Twilio::Impl::handleNow(const Request& request, const Server::Reply& reply) {
  const auto not_found = [&] {
    ++counters["not_found"];
    reply(error(404, 20404, "The requested resource " + request.path() + " was not found"));
  };
  if (!authorised(request, options.account_sid, options.auth_token)) {
    ++counters["unauthorised"];
    return reply(error(401, 20003, "Authenticate"));
  }
  const std::string path = request.path(), collection = base() + "/Calls.json", item = base() + "/Calls/";
  Operation operation;
  std::shared_ptr<TwilioCall> call, made;
  if (path == collection) {
    if (request.method != "POST" && request.method != "GET") return reply(error(405, 20004, "Method not allowed"));
    operation = request.method == "POST" ? Operation::create : Operation::list;
  } else if (path.compare(0, item.size(), item) == 0 && path.size() > item.size() + 34) {
    const std::string rest = path.substr(item.size() + 34);
    const auto found = calls.find(path.substr(item.size(), 34));
    if (found != calls.end()) call = found->second;
    const bool log = rest == "/Events.json" && request.method == "GET";
    if (rest != ".json" && !log) return not_found();
    operation = log                        ? Operation::events
                : request.method == "POST" ? Operation::update
                : request.method == "GET"  ? Operation::fetch
                                           : Operation::remove;
  } else {
    return not_found();
  }
  ++counters[nameOf(operation)];
  Form form;
  if (request.method == "POST") {
    const auto type = header(request.headers, "content-type");
    if (type.substr(0, 33) != "application/x-www-form-urlencoded")
      return reply(
          error(400, 20001, "Content-Type must be application/x-www-form-urlencoded, not '" + std::string(type) + "'"));
    form = decodeForm(request.body);
  }
  RestFault fault;
  const bool wrong = rules.take(operation, call ? call->farParty() : text(form, "To"), fault);
  const bool act = !wrong || (fault.drop != "before" &&
                              ((fault.status == 0 && fault.body.empty()) || fault.act || fault.drop == "after"));
  if (operation != Operation::create && operation != Operation::list && !call && act) return not_found();

  Response response = act ? perform(operation, request, form, call, made) : Response{};
  if (wrong) {
    static const std::map<unsigned, int> usual = {{400, 20001}, {401, 20003}, {403, 20005}, {404, 20404},
                                                  {429, 20429}, {500, 20500}, {503, 20503}};
    if (fault.status != 0) {
      const auto code = usual.find(fault.status);
      const int of_status = code == usual.end() ? int(20000 + fault.status) : code->second;
      response = error(fault.status, fault.code != 0 ? fault.code : of_status,
                       fault.message.empty() ? "Told to answer " + std::to_string(fault.status) : fault.message);
    }
    if (!fault.body.empty()) {
      response.body = fault.body;
      if (fault.status == 0) response.status = operation == Operation::create ? 201 : 200;
    }
    response.type = fault.type;
    if (fault.retry_after >= 0) response.headers.emplace_back("Retry-After", std::to_string(fault.retry_after));
    response.delay_ms = fault.delay_ms;
    response.drop = !fault.drop.empty();
    response.drip_ms = fault.drip_ms;
    response.cut_after = fault.cut_after;
  }
  ++counters["answer_" + (response.drop ? "dropped" : std::to_string(response.status))];
  const auto about = made ? made : call;
  if (about) {
    const std::string status = text(form, "Status");
    Json note{{"operation", nameOf(operation)}, {"answer", response.drop ? 0 : response.status}};
    if (operation == Operation::update) note["form"] = Json::object();
    if (operation == Operation::update)
      for (const auto& [name, value] : form) note["form"][name] = value;
    about->noteRequest(std::move(note), operation == Operation::update && !status.empty());
  }
  if (!made) return reply(std::move(response));
  if (!made->plan().callback_before_201) {
    reply(std::move(response));
    return made->dial();
  }
  made->dial();
  loop.after(1, [call = made, reply, response] { call->callbacks().whenIdle([reply, response] { reply(response); }); });
}

}  // namespace fakes
