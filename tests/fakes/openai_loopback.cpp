// Loopback: every frame of the caller's comes back at once, in one endless item, and measures how long it took.
#include <algorithm>
#include <chrono>
#include <cstring>

#include "tests/fakes/openai_session.hpp"

namespace fakes {
namespace {

constexpr std::size_t kMostLatencies = 2'000'000;

std::uint64_t monotonicUs() {
  return std::uint64_t(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

}  // namespace

void OpenAiSession::loopback(std::string_view base64) {
  const std::size_t bytes = base64Bytes(base64);
  bytes_in_ += bytes, shared_.audio_bytes_in += bytes;
  if (shared_.settings.stamps && base64.size() >= 12 && shared_.latencies_us.size() < kMostLatencies &&
      decodeBase64(base64.substr(0, 12), decoded_)) {
    std::uint64_t sent_us = 0;
    std::memcpy(&sent_us, decoded_.data(), sizeof sent_us);
    shared_.latencies_us.push_back(std::uint32_t(std::min<std::uint64_t>(monotonicUs() - sent_us, UINT32_MAX)));
  }
  if (!updated_ || !shared_.settings.answer) return;
  if (loop_prefix_.empty()) {
    auto running = std::make_shared<Running>();
    running->id = newId("resp"), running->source = "loopback", running->params = Json::object(), running->begun = true;
    active_ = running;
    emit({{"type", "response.created"}, {"response", responseJson(*running, "in_progress", nullptr, nullptr)}});
    running->item_ids.push_back(newId("item"));
    openItem(*running);
    loop_item_ = running->item_ids[0];
    loop_prefix_ = deltaPrefix(*running, "response.output_audio.delta");
  }
  std::string text = loop_prefix_;
  text += eventId();
  text += R"(","delta":")";
  std::size_t out_bytes = bytes;
  if (in_ == out_) {
    text += base64;
  } else if (decodeBase64(base64, decoded_)) {
    const std::string converted = speech::convert(decoded_, in_, out_);
    out_bytes = converted.size();
    appendBase64(text, converted);
  }
  text += "\"}";
  if (const auto item = items_.find(loop_item_); item != items_.end())
    item->second.audio_bytes += out_bytes, item->second.has_audio = true;
  ++deltas_, ++shared_.deltas;
  bytes_out_ += out_bytes, shared_.audio_bytes_out += out_bytes;
  sendText(std::move(text));
}

}  // namespace fakes
