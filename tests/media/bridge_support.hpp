// The set-up of the tests of a bridge: what it sends is written down, and the clock is virtual.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "host/media/bridge.hpp"

namespace hookswitch::media {

struct RecordingPorts final : BridgePorts {
  void carrierAudio(AudioFormat format, std::string_view bytes) override {
    formats.push_back(format);
    pieces.emplace_back(bytes);
    rest += bytes;
    for (; rest.size() >= 160; rest.erase(0, 160)) frames.push_back(rest.substr(0, 160));
    events.push_back("frame");
    if (on_frame) on_frame();
  }
  void carrierMark(std::string_view name) override {
    marks.emplace_back(name);
    events.push_back("mark");
  }
  void frameLeft(std::int64_t late_us) override { silences += late_us > 0; }
  void carrierFlush() override { events.push_back("flush"); }
  void voiceAudio(AudioFormat format, std::string_view bytes) override {
    voice_format = format;
    voice += bytes;
  }
  void voiceHeard(std::string_view item, std::uint64_t heard_ms, std::uint64_t received_ms) override {
    events.push_back("heard " + std::string(item) + " " + std::to_string(heard_ms) + "/" + std::to_string(received_ms));
  }
  std::string played() const {
    std::string all;
    for (auto& piece : pieces) all += piece;
    return all;
  }
  void forget() {
    pieces.clear();
    frames.clear();
  }
  /// `pieces` are the messages to the carrier, `frames` the same in 20 ms of mu-law.
  std::vector<std::string> events, pieces, frames, marks;
  std::string rest;
  std::vector<AudioFormat> formats;
  AudioFormat voice_format{};
  std::function<void()> on_frame;
  std::string voice;
  int silences = 0;  ///< inside items
};

constexpr AudioFormat mulaw = AudioFormat::pcmu_8k;

class BridgeTest : public testing::Test {
 protected:
  void ready(AudioFormat voice_takes = mulaw, AudioFormat voice_gives = mulaw) {
    bridge.carrierReady(mulaw, mulaw);
    bridge.voiceReady(voice_takes, voice_gives);
  }
  /// 20 ms of the caller, every byte of it `c`.
  void caller(char c, std::uint64_t pts_ms) { bridge.carrierAudio(mulaw, std::string(160, c), pts_ms * 1000, now); }
  void agent(std::size_t ms, const std::string& item = "i1", char c = 'a') {
    bridge.voiceAudio(mulaw, item, std::string(ms * 8, c), now);
  }
  void pass(std::int64_t ms) {
    for (std::int64_t t = 0; t < ms; t += 20) {
      now += 20'000;
      bridge.pace(now);
    }
  }
  /// Time in which the caller's frames come, and nothing else wakes anybody.
  void listen(std::int64_t ms) {
    for (std::int64_t t = 0; t < ms; t += 20) {
      now += 20'000;
      caller('c', std::uint64_t(now / 1000));
    }
  }
  std::size_t playedMs() const { return ports.played().size() / 8; }
  /// The carrier reports everything as played.
  void echoAll() {
    for (auto& mark : ports.marks) bridge.carrierMark(mark, now);
    ports.marks.clear();
  }
  static std::string silence(std::size_t ms) { return std::string(ms * 8, '\xFF'); }

  RecordingPorts ports;
  Bridge bridge{ports, ResamplerKind::polyphase};
  std::int64_t now = 1'000'000'000;
};

}  // namespace hookswitch::media
