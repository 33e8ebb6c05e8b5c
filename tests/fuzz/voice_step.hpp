// A voice session under arbitrary messages. The input is text: one message per line, the first character says which,
// the rest is its payload. Aborts when a step fails, breaks a rule of the ABI, sends the service something that its
// schema refuses, or when what it keeps waiting grows without bound.
#pragma once

#include <hookswitch/testing.hpp>

#include <cstdint>
#include <exception>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/lines.hpp"

extern "C" const hks_entry hks_plugin_entry;

namespace voice_fuzz {

using namespace hks::testing;
using fuzz::afterSpace;
using fuzz::Lines;
using fuzz::number;
using fuzz::require;

/// `Check`: std::string operator()(const std::string& message), empty when the service would take it.
template <class Check>
class Driven {
 public:
  Driven(Message start, const Check& check) : check_(check), format_(HKS_PCMU_8K) { play(std::move(start)); }

  void line(std::string_view text) {
    if (text.empty()) return;
    const std::string payload(text.substr(1));
    switch (text[0]) {
      case 'o': return play(In::opened(conn(0)));
      case 'O': return play(In::opened(conn(1)));
      case 'd': return play(In::data(conn(0), payload));
      case 'D': return play(In::data(conn(1), payload));
      case 'b': return play(In::binary(conn(0), payload));
      case 'c': return play(In::closed(conn(0), std::uint32_t(number(payload)), afterSpace(payload)));
      case 'C': return play(In::closed(conn(1), std::uint32_t(number(payload)), afterSpace(payload)));
      case 't': return fire(number(payload));
      case 'T': return play(In::timer(number(payload)));
      case 'a': return play(In::audio(format_, payload, pts_ += 20000));
      case 'A':
        for (int i = 0; i < 60; ++i) play(In::audio(format_, std::string(640, 'x'), pts_ += 20000));
        return;
      case 'h': return play(In::heard(afterSpace(payload), number(payload), number(payload) * 2));
      case 'k': return play(In::dtmf(payload));
      case 's': return play(In::say(payload));
      case 'r': return play(In::toolResult(number(payload), afterSpace(payload), payload.size() % 2));
      case 'm': return play(In::of(300 + std::uint32_t(number(payload)), 1));  // of a newer host
      default: return;
    }
  }

 private:
  std::uint64_t conn(std::size_t back) const {
    return conns_.size() > back ? conns_[conns_.size() - 1 - back] : back + 1;
  }
  void fire(std::uint64_t n) {
    const auto& timers = player_.timers();
    if (timers.empty()) return;
    play(In::timer(std::next(timers.begin(), std::ptrdiff_t(n % timers.size()))->first));
  }
  void play(const Message& message) {
    const auto out = player_.step(message);
    require(player_.status() == HKS_OK, "a step failed:\n" + out.print());
    require(player_.timers().size() <= 128, "timers pile up");
    require(out.size() <= 1024, "one message caused more than 1024");
    for (const auto& m : out) {
      if (m.type == HKS_CONNECT) conns_.push_back(m.id);
      if (m.type == HKS_READY) format_ = m.takes;
      if (m.type != HKS_DATA) continue;
      if (m.bytes.size() > 600 && message.type == HKS_AUDIO) continue;  // caller audio, slow to check over and over
      const std::string wrong = check_(m.bytes);
      require(wrong.empty(), wrong + "\n" + m.bytes);
    }
  }
  Player player_{hks_plugin_entry, HKS_ROLE_VOICE};
  const Check& check_;
  std::vector<std::uint64_t> conns_;
  std::uint64_t pts_ = 0;
  std::uint32_t format_;
};

/// The first line of the input is a choice of settings, the others are messages.
template <class Check>
int run(const std::uint8_t* data, std::size_t size, const std::vector<Pairs>& settings, const Check& check) {
  Lines lines(data, size);
  if (!lines.good()) return 0;
  const std::string_view head = lines.take();
  Message start = In::start(settings[number(head) % settings.size()], sampleCall());
  start.settings.emplace_back("api_key", "k");
  const std::string extra = afterSpace(head);
  if (head.find('H') != std::string_view::npos) start.history = {{HKS_ASSISTANT, 1, extra}, {HKS_USER, 2, extra}};
  if (head.find('P') != std::string_view::npos) start.about->prompt = extra, start.about->greeting = extra;
  start.tools = {{"lookup", extra, R"({"type":"object","properties":{"n":{"type":"string"}}})"}, {"other", "", extra}};
  try {
    Driven<Check> session(start, check);
    lines.playTo(session);
  } catch (const std::exception& e) {
    require(false, e.what());
  }
  return 0;
}

}  // namespace voice_fuzz
