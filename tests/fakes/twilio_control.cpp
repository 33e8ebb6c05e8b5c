// The control commands of the Twilio fake; README.md lists them.
#include "tests/fakes/settings.hpp"
#include "tests/fakes/twilio_impl.hpp"

#include <utility>

namespace fakes {

using Json = nlohmann::json;

namespace {

Response jsonAnswer(unsigned status, const Json& body) {
  Response response;
  response.status = status;
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return response;
}

std::string wavHeader(std::size_t bytes) {
  const auto little = [](std::uint32_t value, int size) {
    std::string out;
    for (int i = 0; i < size; ++i) out += char(value >> (8 * i));
    return out;
  };
  return "RIFF" + little(std::uint32_t(38 + bytes), 4) + "WAVEfmt " + little(18, 4) + little(7, 2) + little(1, 2) +
         little(8000, 4) + little(8000, 4) + little(1, 2) + little(8, 2) + little(0, 2) + "data" +
         little(std::uint32_t(bytes), 4);
}

Json without(Json args, std::initializer_list<const char*> names) {
  for (const char* name : names) args.erase(name);
  return args;
}

}  // namespace

std::shared_ptr<TwilioCall> Twilio::Impl::byName(const std::string& name) const {
  if (const auto found = calls.find(name); found != calls.end()) return found->second;
  if (name == "last" && !order.empty()) return order.back();
  for (auto at = order.rbegin(); at != order.rend(); ++at)
    if ((*at)->gwCall() == name && !name.empty()) return *at;
  throw std::invalid_argument("there is no call '" + name + "': give a SID, a gw_call or 'last'");
}

void Twilio::Impl::up() {
  silent = false;
  for (const auto& reply : std::exchange(unanswered, {})) {
    Response cut;
    cut.drop = true;
    reply(cut);
  }
  server->refuse(false);
}

Json Twilio::Impl::incoming(const Json& args) {
  CallRequest wanted;
  wanted.direction = "inbound";
  wanted.from = args.value("from", std::string("+15550100777"));
  wanted.to = args.value("to", options.from_number);
  wanted.url = args.value("voice_url", voice_url);
  wanted.method = args.value("voice_method", voice_method);
  wanted.status_callback = args.value("status_callback", number_status_callback);
  UrlParts parts;
  if (!splitUrl(wanted.url, parts))
    throw std::invalid_argument("no voice URL: set it with the command 'number' or give 'voice_url'");
  CallPlan course = plan;
  rules.apply(wanted.from, course);
  changePlan(course, without(args, {"from", "to", "voice_url", "voice_method", "status_callback"}));
  auto call = std::make_shared<TwilioCall>(line, std::move(wanted), std::move(course));
  remember(call);
  call->ringHere();
  return {{"sid", call->sid()}};
}

Json Twilio::Impl::callCommand(TwilioCall& call, const std::string& name, const Json& args) {
  if (name == "hangup") {
    call.hangUp("caller");
    return {{"status", call.status()}};
  }
  if (name == "streams") {
    call.openStreams(args.value("on", true));
    return Json::object();
  }
  const auto stream = call.stream();
  if (!stream || !stream->live()) throw std::invalid_argument("the call has no open media stream");
  if (name == "reset")
    stream->reset();
  else if (name == "close")
    stream->close(args.value("code", 1000u));
  else if (name == "dtmf")
    stream->press(args.value("digits", std::string()));
  else if (name == "deaf")
    stream->deaf(args.value("on", true));
  else if (name == "slow")
    stream->slow();
  else if (name == "second")
    stream->second();
  else if (name == "garbage")
    stream->garbage(args.value("kind", std::string("text")));
  else if (name == "say") {
    if (args.contains("wav"))
      stream->say(readWav(args.at("wav")));
    else if (args.contains("mulaw"))
      stream->say(readMulaw(args.at("mulaw")));
    else if (args.contains("tone_hz"))
      stream->say(makeTone(args.at("tone_hz"), args.value("tone_ms", 1000u)));
    else
      throw std::invalid_argument("say what: 'wav', 'mulaw' or 'tone_hz'");
  } else {
    throw std::invalid_argument("a call has no command '" + name +
                                "': hangup, streams, reset, close, dtmf, deaf, slow, second, garbage, say");
  }
  return Json::object();
}

Json Twilio::command(const std::string& name, const Json& args) {
  if (name == "incoming") return impl_->incoming(args);
  if (name == "misbehave") {
    impl_->rules.add(args);
    return {{"rules", impl_->rules.dump()}};
  }
  if (name == "behave") {
    impl_->rules.clear();
    impl_->up();
    return {{"rules", Json::array()}};
  }
  if (name == "up") {
    impl_->up();
    return Json::object();
  }
  if (name == "down") {
    impl_->server->refuse(true);
    impl_->server->cut();
    return Json::object();
  }
  if (name == "silent") {
    impl_->silent = args.value("on", true);
    if (!impl_->silent) impl_->up();
    return {{"silent", impl_->silent}};
  }
  if (name == "latency") {
    impl_->latency_ms = args.value("ms", 0u);
    return {{"ms", impl_->latency_ms}};
  }
  if (name == "keep") {
    impl_->keep = args.value("calls", std::size_t(0));
    return {{"calls", impl_->keep}};
  }
  if (name == "plan") {
    changePlan(impl_->plan, args);
    return dumpPlan(impl_->plan);
  }
  if (name == "refuse") {
    impl_->server->refuse(args.value("on", true));
    return {{"refusing", args.value("on", true)}};
  }
  if (name == "number") {
    if (args.contains("base")) {
      impl_->voice_url = args.at("base").get<std::string>() + "/twilio/voice";
      impl_->number_status_callback = args.at("base").get<std::string>() + "/twilio/status";
    }
    impl_->voice_url = args.value("voice_url", impl_->voice_url);
    impl_->voice_method = args.value("voice_method", impl_->voice_method);
    impl_->number_status_callback = args.value("status_callback", impl_->number_status_callback);
    return {{"voice_url", impl_->voice_url}, {"status_callback", impl_->number_status_callback}};
  }
  if (name.compare(0, 6, "calls/") == 0) {
    const auto slash = name.find('/', 6);
    const auto call = impl_->byName(name.substr(6, slash == std::string::npos ? slash : slash - 6));
    return impl_->callCommand(*call, slash == std::string::npos ? "" : name.substr(slash + 1), args);
  }
  throw std::invalid_argument("twilio has no command '" + name +
                              "': incoming, misbehave, behave, plan, refuse, down, up, silent, "
                              "latency, keep, number, calls/{call}/...");
}

Json Twilio::state() const {
  std::uint64_t live = 0, errors = impl_->forgotten_errors, hang_ups = impl_->forgotten_hang_ups;
  for (const auto& call : impl_->order) {
    live += call->over() ? 0 : 1;
    errors += call->protocolErrors();
    hang_ups += call->hangUpRequests();
  }
  return {{"port", port()},
          {"account_sid", impl_->options.account_sid},
          {"calls", impl_->order.size() + impl_->forgotten},
          {"forgotten", impl_->forgotten},
          {"live_calls", live},
          {"latency_ms", impl_->latency_ms},
          {"silent", impl_->silent},
          {"protocol_errors", errors},
          {"hang_up_requests", hang_ups},
          {"requests", impl_->counters},
          {"rules", impl_->rules.dump()},
          {"plan", dumpPlan(impl_->plan)},
          {"voice_url", impl_->voice_url},
          {"status_callback", impl_->number_status_callback}};
}

Response Twilio::get(const Request& request, const std::string& rest) const {
  if (rest == "calls") {
    Json list = Json::array();
    for (const auto& call : impl_->order) list.push_back(call->summary());
    return jsonAnswer(200, {{"calls", list}});
  }
  if (rest == "legs") {
    const bool only_live = request.query("live") == "1";
    std::size_t live = 0;
    Json list = Json::array();
    for (const auto& call : impl_->order) {
      live += !call->over();
      if (!only_live || !call->over()) list.push_back(call->brief());
    }
    return jsonAnswer(200, {{"legs", list}, {"live", live}, {"forgotten", impl_->forgotten}});
  }
  if (rest.compare(0, 6, "calls/") != 0) return jsonAnswer(404, {{"error", "twilio has nothing at '" + rest + "'"}});
  const auto slash = rest.find('/', 6);
  const auto call = impl_->byName(rest.substr(6, slash == std::string::npos ? slash : slash - 6));
  const std::string part = slash == std::string::npos ? "" : rest.substr(slash + 1);
  if (part.empty()) return jsonAnswer(200, call->summary());
  Response response;
  response.type = "audio/basic";
  if (part == "heard")
    response.body = call->heard();
  else if (part == "received")
    response.body = call->received();
  else if (part == "line")
    response.body = call->line();
  else if (part == "said")
    response.body = call->audio() ? *call->audio() : std::string();
  else
    return jsonAnswer(404, {{"error", "a call has no '" + part + "': heard, received, line, said"}});
  if (request.query("wav") == "1") {
    response.type = "audio/wav";
    response.body.insert(0, wavHeader(response.body.size()));
  }
  return response;
}

}  // namespace fakes
