#include "tests/bench/storm/carrier.hpp"

#include <cstdio>
#include <cstdlib>

namespace storm {

const char kAccount[] = "AC00000000000000000000000000000000";

namespace {

constexpr char kFormType[] = "application/x-www-form-urlencoded";
constexpr const char* kSteps[] = {"initiated", "ringing"};

std::string sidOf(std::uint32_t index) {
  char text[40];
  std::snprintf(text, sizeof text, "CA%032x", index);
  return text;
}

std::string numberOf(std::uint32_t index) {
  char text[24];
  std::snprintf(text, sizeof text, "+155501%05u", index);
  return text;
}

std::string pathOf(const std::string& url) {
  const std::size_t host = url.find("//");
  return url.substr(url.find('/', host == std::string::npos ? 0 : host + 2));
}

Reply json(int status, std::string body) { return {status, std::move(body)}; }

}  // namespace

Carrier::Carrier(Scene& scene)
    : scene_(scene), api_(scene.loop, [this](std::string_view method, std::string_view target, std::string_view body) {
        return api(method, target, body);
      }) {}

void Carrier::place(Call& call) {
  call.posted_ns = nowNs();
  if (stream_port_) {
    streams_.push_back(
        std::make_unique<Stream>(scene_, call, stream_port_, "/", sidOf(call.index), scene_.label(call.index)));
    return;
  }
  request(scene_.loop, gateway_port_, "POST", "/api/call", "application/json",
          R"({"to":")" + numberOf(call.index) + R"(","prompt":")" + scene_.label(call.index) + "\"}",
          [&call](const Reply& reply) {
            call.answered_ns = nowNs();
            if (reply.status != 201) call.refused = reply.status ? reply.status : Call::kNoAnswer;
          });
}

void Carrier::hangUp(Call& call) {
  if (call.ended) return;
  call.ended = true;
  if (call.stream) call.stream->hangUp();
  if (gateway_port_) callback(call, "completed", 3, [](const Reply&) {});
}

Reply Carrier::api(std::string_view method, std::string_view target, std::string_view body) {
  const bool list = target.find("/Calls.json") != std::string_view::npos;
  if (method == "POST" && list) return create(body);
  if (list) return json(200, R"({"calls":[],"next_page_uri":null})");
  if (target.find("/Events.json") != std::string_view::npos) return json(200, R"({"events":[]})");
  const std::size_t at = target.find("/CA");
  if (at == std::string_view::npos) return json(404, R"({"code":20404,"message":"not found","status":404})");
  const std::string sid(target.substr(at + 1, 34));
  const std::size_t index = std::strtoul(sid.c_str() + 2, nullptr, 16);
  if (method == "POST" && index < scene_.calls.size())
    callback(*scene_.calls[index], "completed", 3, [](const Reply&) {});
  const char* status = method == "POST" ? "completed" : "in-progress";
  return json(200, R"({"sid":")" + sid + R"(","status":")" + status + "\"}");
}

Reply Carrier::create(std::string_view form) {
  const std::string to = formField(form, "To");
  const std::size_t index = to.size() < 8 ? scene_.calls.size() : std::strtoul(to.c_str() + 7, nullptr, 10);
  if (index >= scene_.calls.size()) return json(400, R"({"code":21211,"message":"no such number","status":400})");
  Call& call = *scene_.calls[index];
  if (legs_.size() < scene_.calls.size()) legs_.resize(scene_.calls.size());
  legs_[index] = {pathOf(formField(form, "Url")), pathOf(formField(form, "StatusCallback"))};
  ring(call, 0);
  return json(201, R"({"sid":")" + sidOf(call.index) + R"(","status":"queued"})");
}

void Carrier::callback(Call& call, const char* status, unsigned sequence, std::function<void(const Reply&)> done) {
  const std::string form = "AccountSid=" + std::string(kAccount) + "&CallSid=" + sidOf(call.index) +
                           "&CallStatus=" + status + "&From=%2B15550000000&To=" + percentEncoded(numberOf(call.index)) +
                           "&Direction=outbound-api&ApiVersion=2010-04-01&CallbackSource=call-progress-events" +
                           "&SequenceNumber=" + std::to_string(sequence);
  request(scene_.loop, gateway_port_, "POST", legs_[call.index].status_url, kFormType, form, std::move(done));
}

void Carrier::ring(Call& call, unsigned step) {
  callback(call, kSteps[step], step, [this, &call, step](const Reply&) {
    if (step == 0) return ring(call, 1);
    callback(call, "in-progress", 2, [](const Reply&) {});
    voice(call);
  });
}

void Carrier::voice(Call& call) {
  const std::string form = "AccountSid=" + std::string(kAccount) + "&CallSid=" + sidOf(call.index) +
                           "&CallStatus=in-progress&From=%2B15550000000&To=" + percentEncoded(numberOf(call.index)) +
                           "&Direction=outbound-api&ApiVersion=2010-04-01";
  request(scene_.loop, gateway_port_, "POST", legs_[call.index].voice_url, kFormType, form,
          [this, &call](const Reply& reply) { connect(call, reply); });
}

void Carrier::connect(Call& call, const Reply& document) {
  const std::string url(between(document.body, R"(<Stream url=")"));
  if (document.status != 200 || url.empty()) {
    call.refused = document.status == 200 ? Call::kByDocument : document.status ? document.status : Call::kNoAnswer;
    return;
  }
  streams_.push_back(std::make_unique<Stream>(scene_, call, gateway_port_, pathOf(url), sidOf(call.index),
                                              std::string(between(document.body, R"(value=")"))));
}

}  // namespace storm
