// A notifier session under arbitrary messages. The input is text: the first line chooses the settings, every other line
// is one message, its first character says which, the rest is its payload ('$' becomes the id of the newest frame
// sent). Aborts when a step fails, breaks a rule of the ABI, sends something its receiver would refuse, lets a control
// character or the secret into a log or an answer, grows without bound, or leaves a hook that the host
// would still take the answer to open when every timer has fired.
#pragma once

#include <hookswitch/testing.hpp>
#include <hookswitch/utf8.hpp>

#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/lines.hpp"

extern "C" const hks_entry hks_plugin_entry;

namespace notifier_fuzz {

using namespace hks::testing;
using fuzz::afterSpace;
using fuzz::Lines;
using fuzz::number;
using fuzz::require;

constexpr const char* kSecret = "987654:s3cr3t-t0k3n";

/// Empty when the receiver would take this HTTP_CALL or DATA message.
using Check = std::function<std::string(const Message&)>;

class Driven {
 public:
  Driven(Pairs settings, Check check) : check_(std::move(check)) { play(In::start(std::move(settings))); }

  void line(std::string_view text) {
    if (text.empty()) return;
    const std::string payload = filled(text.substr(1));
    // A caller who knows the secret and says it is not what is looked for; a server that says it is.
    const bool of_the_host = text[0] == 'e' || text[0] == 's' || text[0] == 'p' || text[0] == 'w';
    if (of_the_host && payload.find(kSecret) != std::string::npos) return;
    switch (text[0]) {
      case 'e': return phase(HKS_PHASE_NOTIFY, payload);
      case 's': return phase(HKS_PHASE_STARTED, payload);
      case 'p': return phase(std::uint32_t(number(payload)), payload);
      case 'r': return play(In::httpResponse(take(), std::uint32_t(number(payload)), afterSpace(payload)));
      case 'x': return play(In::noAnswer(take(), payload, std::uint32_t(payload.size() % 2)));
      case 'o': return play(In::opened(conn_));
      case 'd': return play(In::data(conn_, payload));
      case 'D': return play(In::data(conn_ - 1, payload));
      case 'b': return play(In::binary(conn_, payload));
      case 'c': return play(In::closed(conn_, std::uint32_t(number(payload)), afterSpace(payload)));
      case 'C': return play(In::closed(conn_ - 1, std::uint32_t(number(payload)), afterSpace(payload)));
      case 't': return fire(number(payload));
      case 'T': return play(In::timer(number(payload)));
      case 'w': return play(In::notice(afterSpace(payload), payload.substr(0, 8), std::uint32_t(number(payload) % 6)));
      case 'F': limited_ = true, player_.fullAfter(number(payload)); return;
      case 'm': return play(In::of(std::uint32_t(number(payload)), 1));
      default: return;
    }
  }
  /// Time passes: whatever is still asked must be answered by then.
  void finish() {
    player_.fullAfter(4096);
    for (int round = 0; round < 3; ++round)
      for (const auto& [id, after] : std::map<std::uint64_t, std::uint64_t>(player_.timers()))
        if (player_.timers().count(id)) play(In::timer(id));
    require(limited_ || open_.empty(), "a hook was never answered");
  }

 private:
  void phase(std::uint32_t phase, const std::string& payload) {
    Record record = sampleRecord();
    record.call.call = std::string(payload.substr(0, 2));
    record.call.to_number = payload.substr(0, 300);
    record.call.metadata_json = payload;
    record.call.prompt = record.reason = payload;
    record.call.direction = std::uint32_t(payload.size() % 4);
    record.outcome = std::uint32_t(payload.size() % 7);
    record.ended_by = std::uint32_t(payload.size() % 9);
    std::string text = payload;
    for (int i = 0; i < int(payload.size() % 12); ++i) text += text.size() < 20000 ? text : std::string();
    record.lines.push_back({HKS_USER, 0, text});
    record.lines.push_back({HKS_ASSISTANT, 0, payload});
    const std::uint64_t hook = hostId(++hooks_);
    Message m = In::phase(hook, phase, std::move(record), std::uint32_t(payload.size() % 5),
                          std::uint32_t(payload.size() % 3 * 7500));
    open_[m.event_id] = hook;
    play(m);
  }
  std::string filled(std::string_view text) const {
    std::string out;
    for (char c : text) {
      if (c == '$')
        out += newest_;
      else
        out += c;
    }
    return out;
  }
  std::uint64_t take() {
    if (requests_.empty()) return 1;
    const std::uint64_t id = requests_.front();
    requests_.pop_front();
    return id;
  }
  void fire(std::uint64_t n) {
    const auto& timers = player_.timers();
    if (!timers.empty()) play(In::timer(std::next(timers.begin(), std::ptrdiff_t(n % timers.size()))->first));
  }
  void readable(const std::string& text) {
    require(text.find(kSecret) == std::string::npos, "the secret got out: " + text);
    require(text == hks::utf8::line(text), "not one clean line: " + text);
    require(text.size() <= 4096, "a sentence of " + std::to_string(text.size()) + " bytes");
  }
  void play(const Message& message) {
    if (!player_.takes(message.type)) return;
    const auto out = player_.step(message);
    require(player_.status() == HKS_OK, "a step failed:\n" + out.print());
    require(player_.timers().size() <= 4096, "timers pile up");
    for (const auto& m : out) {
      if (m.type == HKS_KEEP || m.type == HKS_RECALL)
        play(In::kept(m.id, m.name, kept_[m.name] = m.type == HKS_KEEP ? m.bytes : kept_[m.name]));
      if (m.type == HKS_LOG) readable(m.text);
      if (m.type == HKS_CLOSE) readable(m.reason);
      if (m.type == HKS_CONNECT) conn_ = m.id;
      if (m.type == HKS_HTTP_CALL) requests_.push_back(m.id);
      if (m.type == HKS_HOOK_DONE) {
        readable(m.reason);
        for (auto it = open_.begin(); it != open_.end();) it = it->second == m.id ? open_.erase(it) : std::next(it);
      }
      if (m.type != HKS_HTTP_CALL && m.type != HKS_DATA) continue;
      const std::string wrong = check_(m);
      require(wrong.empty(), wrong + "\n" + m.bytes + m.body);
      const std::size_t at = m.bytes.find("\"id\":");
      if (at != std::string::npos) newest_ = std::to_string(number(m.bytes.substr(at + 5 + (m.bytes[at + 5] == '"'))));
    }
  }

  Player player_{hks_plugin_entry, HKS_ROLE_NOTIFIER};
  Check check_;
  std::map<std::string, std::uint64_t> open_;  // event -> the newest hook that asks for it
  std::deque<std::uint64_t> requests_;
  std::map<std::string, std::string> kept_;
  std::string newest_ = "0";
  std::uint64_t conn_ = 1, hooks_ = 0;
  bool limited_ = false;  // the host refused messages: an answer may be among them
};

inline int run(const std::uint8_t* data, std::size_t size, const std::vector<Pairs>& settings, const Check& check) {
  Lines lines(data, size);
  if (!lines.good()) return 0;
  const std::string_view head = lines.take();
  try {
    Driven session(settings[number(head) % settings.size()], check);
    lines.playTo(session);
    session.finish();
  } catch (const std::exception& e) {
    require(false, e.what());
  }
  return 0;
}

}  // namespace notifier_fuzz
