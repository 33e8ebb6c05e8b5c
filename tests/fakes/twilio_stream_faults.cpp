// The ways in which a media stream goes wrong on purpose.
#include "tests/fakes/twilio_stream.hpp"

#include <utility>

namespace fakes {

namespace {

constexpr std::uint32_t slow_byte_ms = 1000;

/// One masked client frame, for bytes that must be sent one by one.
std::string clientFrame(std::uint8_t first, std::string_view payload) {
  static constexpr char mask[] = {0x11, 0x22, 0x33, 0x44};
  std::string out(1, char(first));
  if (payload.size() < 126) {
    out += char(0x80 | payload.size());
  } else {
    out += char(0x80 | 126);
    out += {char(payload.size() >> 8), char(payload.size())};
  }
  out.append(mask, sizeof mask);
  for (std::size_t i = 0; i < payload.size(); ++i) out += char(payload[i] ^ mask[i % 4]);
  return out;
}

}  // namespace

void MediaStream::misbehave(std::uint64_t elapsed_ms) {
  const auto due = [&](std::uint32_t at_ms, std::uint32_t bit) {
    if (at_ms == 0 || elapsed_ms < at_ms || (done_ & bit) != 0) return false;
    done_ |= bit;
    return true;
  };
  if (!plan_.dtmf.empty() && elapsed_ms >= plan_.dtmf_after_ms) press(std::exchange(plan_.dtmf, {}));
  if (due(plan_.media_deaf_after_ms, 1)) deaf(true);
  if (due(plan_.media_garbage_after_ms, 2)) garbage(plan_.media_garbage);
  if (due(plan_.media_second_after_ms, 4)) second();
  if (due(plan_.media_slow_after_ms, 8)) slow();
  if (due(plan_.media_close_after_ms, 16)) close(1000);
  if (due(plan_.media_reset_after_ms, 32)) reset();
}

/// What the connection carries, unless it stalls.
void MediaStream::post(std::string message) {
  const std::uint64_t begin = plan_.stall_after_ms * std::uint64_t{1000};
  if (begin != 0 && elapsed_us_ >= begin && elapsed_us_ < begin + plan_.stall_ms * std::uint64_t{1000})
    stalled_.push_back(std::move(message));
  else
    socket_->send(std::move(message));
}

/// A frame of the caller, which may lose its place.
void MediaStream::postFrame(std::string message) {
  if (plan_.overtake_every > 0 && frame_ % plan_.overtake_every == 0)
    return late_.emplace_back(elapsed_us_ + plan_.overtake_ms * std::uint64_t{1000}, std::move(message)), void();
  if (plan_.swap_every > 0 && frame_ % plan_.swap_every == 0 && swapped_.empty())
    return void(swapped_ = std::move(message));
  post(std::move(message));
  if (!swapped_.empty()) post(std::exchange(swapped_, {}));
}

void MediaStream::settle(std::uint64_t elapsed_us) {
  elapsed_us_ = elapsed_us;
  const std::uint64_t end = (std::uint64_t{plan_.stall_after_ms} + plan_.stall_ms) * 1000;
  if (!stalled_.empty() && elapsed_us >= end)
    for (auto& message : std::exchange(stalled_, {})) socket_->send(std::move(message));
  while (!late_.empty() && late_.front().first <= elapsed_us) {
    std::string message = std::move(late_.front().second);
    late_.erase(late_.begin());
    post(std::move(message));
  }
}

std::string MediaStream::garbageText(const std::string& kind) const {
  const std::string head = "{\"event\":\"media\",\"sequenceNumber\":\"9\",\"streamSid\":\"" + sid_ + "\",\"media\":";
  if (kind == "json") return "[1,2,{\"event\":null}]";
  if (kind == "event") return "{\"event\":\"surprise\",\"streamSid\":\"" + sid_ + "\",\"surprise\":{}}";
  if (kind == "types") return head + "{\"track\":7,\"chunk\":{},\"timestamp\":[],\"payload\":12}}";
  if (kind == "base64")
    return head + "{\"track\":\"inbound\",\"chunk\":\"9\",\"timestamp\":\"9\",\"payload\":\"*not base64*\"}}";
  if (kind == "huge")
    return head + "{\"track\":\"inbound\",\"chunk\":\"9\",\"timestamp\":\"9\",\"payload\":\"" +
           std::string(4u << 20, '/') + "\"}}";
  return "this is not JSON {{{";
}

void MediaStream::garbage(const std::string& kind) {
  if (!socket_) return;
  if (kind == "binary") return socket_->send(std::string("\x00\x01\xfe\xff", 4), false);
  if (kind == "frame") return socket_->sendRaw(std::string(64, '\xff'));
  socket_->send(garbageText(kind));
}

void MediaStream::slow() {
  if (!socket_ || std::exchange(slow_, true)) return;
  sendSlowly(clientFrame(0x81, "{\"event\":\"media\",\"streamSid\":\"" + sid_ + "\"}"));
}

void MediaStream::sendSlowly(std::string frame) {
  if (!socket_ || frame.empty()) return;
  socket_->sendRaw(frame.substr(0, 1));
  loop_.after(slow_byte_ms, [self = shared_from_this(), rest = frame.substr(1)] { self->sendSlowly(rest); });
}

void MediaStream::second() {
  second_outcome_ = "connecting";
  connect(loop_, request_.url, upgradeHeaders(), 10000,
          [self = shared_from_this()](SocketPtr socket, ClientResult result) {
            if (!socket) {
              self->second_outcome_ = "refused: " + result.error;
              return;
            }
            self->second_outcome_ = "open";
            self->second_socket_ = socket;
            Socket::Handlers handlers;
            handlers.onMessage = [](std::string_view, bool) {};
            handlers.onClose = [self](unsigned code, std::string_view) {
              self->second_outcome_ = "closed: " + std::to_string(code);
              self->second_socket_ = nullptr;
            };
            socket->start(std::move(handlers));
            socket->send(R"({"event":"connected","protocol":"Call","version":"1.0.0"})");
            socket->send(self->startMessage(newSid("MZ")));
          });
}

}  // namespace fakes
