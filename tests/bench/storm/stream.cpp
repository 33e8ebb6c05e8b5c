#include "tests/bench/storm/stream.hpp"

#include <algorithm>
#include <cstdio>

namespace storm {

namespace {

constexpr std::int64_t kByteNs = 125'000;  // of mu-law

std::string hex32(const char* prefix, std::uint32_t index) {
  char text[40];
  std::snprintf(text, sizeof text, "%s%032x", prefix, index);
  return text;
}

}  // namespace

Stream::Stream(Scene& scene, Call& call, int port, const std::string& target, std::string call_sid,
               std::string parameter)
    : scene_(scene),
      call_(call),
      wire_(scene.loop, *this, connectTo(port), nullptr, true),
      sid_(hex32("MZ", call.index)),
      call_sid_(std::move(call_sid)),
      parameter_(std::move(parameter)),
      middle_(R"(","streamSid":")" + sid_ + R"(","media":{"track":"inbound","chunk":")") {
  wire_.send(upgradeRequest(port, target));
}

void Stream::ready(std::uint32_t events) {
  if (!wire_.open()) return;
  if (!wire_.advance(events) || !wire_.receive([this](char* data, std::size_t size) { return take(data, size); }))
    over();
}

void Stream::over() {
  wire_.close();
  call_.stream = nullptr;
  call_.lost |= !call_.ended;
}

std::size_t Stream::take(char* data, std::size_t size) {
  std::size_t used = 0;
  if (!upgraded_) {
    used = headLength({data, size});
    if (used == 0) return 0;
    if (std::string_view(data, used).find(" 101 ") > 16) return over(), used;
    upgraded_ = true;
    opened();
  }
  return used +
         readMessages(
             wire_, data + used, size - used, true, [this](std::string_view text) { says(text); }, [this] { over(); });
}

void Stream::opened() {
  Draft& out = draft();
  out.begin();
  out.add(R"({"event":"connected","protocol":"Call","version":"1.0.0"})");
  out.send(wire_, true);
  const std::string start =
      R"({"event":"start","sequenceNumber":"1","streamSid":")" + sid_ +
      R"(","start":{"accountSid":"AC00000000000000000000000000000000","streamSid":")" + sid_ + R"(","callSid":")" +
      call_sid_ +
      R"(","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},)"
      R"("customParameters":{"gw_call":")" +
      parameter_ + "\"}}}";
  out.begin();
  out.add(start);
  out.send(wire_, true);
  call_.stream = this;
}

void Stream::hangUp() {
  if (!wire_.open()) return;
  Draft& out = draft();
  out.begin();
  out.add(R"({"event":"stop","sequenceNumber":")");
  out.addNumber(++sequence_);
  out.add(R"(","streamSid":")");
  out.add(sid_);
  out.add(R"(","stop":{"accountSid":"AC00000000000000000000000000000000","callSid":")");
  out.add(call_sid_);
  out.add("\"}}");
  out.send(wire_, true);
  wire_.close();
  call_.stream = nullptr;
}

void Stream::says(std::string_view text) {
  const std::string_view base64 = between(text, R"("payload":")");
  if (base64.data()) return audio(base64);
  const std::string_view event = between(text, R"("event":")");
  if (event == "mark") {
    marks_.push_back({std::string(between(text, R"("name":")")), played_ns_});
  } else if (event == "clear") {
    played_ns_ = 0;
    for (Mark& mark : marks_) mark.due_ns = 0;
  } else {
    scene_.complain("the carrier got a message that it does not know: " + std::string(text.substr(0, 100)));
  }
}

void Stream::audio(std::string_view base64) {
  const std::int64_t now_ns = nowNs();
  const std::size_t bytes = base64.size() / 4 * 3;  // up to two of them padding: a quarter of a millisecond
  if (scene_.measured && played_ns_ != 0 && played_ns_ < now_ns) ++scene_.dry;
  played_ns_ = std::max(played_ns_, now_ns) + std::int64_t(bytes) * kByteNs;
  call_.at_caller.read(base64, now_ns, scene_.at_caller, scene_.measured);
}

void Stream::tick(std::int64_t now_ns) {
  if (!upgraded_ || !wire_.open()) return;
  if (!marks_.empty()) echoMarks(now_ns);
  // A burst is never the last that was sent: it could not be told whether it is lost or kept in a filter.
  const bool whole = call_.caller.kind() == Kind::stamps || call_.caller.sent() % kBurstEvery == kBurstEvery / 2;
  if ((!scene_.feeding && whole) || now_ns < call_.feed_ns || call_.feed_ns == 0) return;
  Draft& out = draft();
  out.begin();
  out.add(R"({"event":"media","sequenceNumber":")");
  out.addNumber(++sequence_);
  out.add(middle_);
  out.addNumber(++chunk_);
  out.add(R"(","timestamp":")");
  out.addNumber((chunk_ - 1) * 20);
  out.add(R"(","payload":")");
  call_.caller.next(out.grow(kFrameText), nowNs());
  out.add("\"}}");
  out.send(wire_, true);
}

void Stream::echoMarks(std::int64_t now_ns) {
  while (!marks_.empty() && marks_.front().due_ns <= now_ns) {
    Draft& out = draft();
    out.begin();
    out.add(R"({"event":"mark","sequenceNumber":")");
    out.addNumber(++sequence_);
    out.add(R"(","streamSid":")");
    out.add(sid_);
    out.add(R"(","mark":{"name":")");
    out.add(marks_.front().name);
    out.add("\"}}");
    out.send(wire_, true);
    marks_.pop_front();
  }
}

}  // namespace storm
