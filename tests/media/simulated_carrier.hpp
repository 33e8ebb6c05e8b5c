#pragma once
// A carrier on a virtual clock with the playback model of Media Streams (twilio.md §5.3, §5.4): what arrives is
// buffered and played in order at real time; a mark is echoed when everything before it has been played, at once on an
// empty buffer, and all pending ones when the buffer is cleared. Knows what the caller has really heard.
#include <gtest/gtest.h>
#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/media/playout.hpp"

namespace hookswitch::media {

// What an interruption now would say, of a playout that goes on undisturbed.

/// How much of the item has been heard; 0 when it is not the first that is not yet heard to its end.
inline std::uint64_t heardMs(Playout playout, std::string_view item, std::int64_t now_us) {
  const Interruption cut = playout.interrupt(now_us);
  return cut.items.empty() || cut.items.front().item != item ? 0 : cut.items.front().heard_ms;
}
/// Received and not yet sent.
inline std::uint64_t queuedMs(Playout playout) {
  std::uint64_t ms = 0;
  for (auto& item : playout.interrupt(0).items) ms += item.received_ms - item.sent_ms;
  return ms;
}
/// Audio is queued, or sent and not yet proved played.
inline bool playing(Playout playout) {
  const std::uint64_t queued = queuedMs(playout);
  return queued != 0 || playout.interrupt(0).flush;
}

}  // namespace hookswitch::media

namespace hookswitch::media::test {

class SimulatedCarrier {
 public:
  // How long a message takes; the connection keeps the order whatever the single delays.
  std::int64_t down_us = 10000;
  std::int64_t up_us = 10000;
  std::size_t bytes_per_ms = 8;
  bool deaf = false;  // takes marks and never echoes them

  void frame(std::string_view item, std::string_view audio, std::int64_t now_us) {
    const std::int64_t at = arrival(now_us);
    const std::int64_t start = std::max(at, buffered_until_);
    if (!played_.empty() && start > played_.back().end) gaps.push_back(start - played_.back().end);
    // Begun microseconds are played, too: what is over by this clock has been heard to the last sample.
    buffered_until_ = start + static_cast<std::int64_t>((audio.size() * 1000 + bytes_per_ms - 1) / bytes_per_ms);
    played_.push_back({std::string(item), start, buffered_until_});
    received[std::string(item)] += audio;
    max_buffered_us = std::max(max_buffered_us, buffered_until_ - at);
  }

  void mark(std::string_view name, std::int64_t now_us) {
    EXPECT_TRUE(names_.insert(std::string(name)).second) << name << " was used before";
    const std::int64_t at = arrival(now_us);
    if (deaf) return;
    pending_.push_back({std::string(name), std::max(at, buffered_until_)});
  }

  void clear(std::int64_t now_us) {
    const std::int64_t at = arrival(now_us);
    for (auto& mark : pending_) mark.at = std::min(mark.at, at);
    for (auto& one : played_) {
      one.end = std::min(one.end, at);
      one.start = std::min(one.start, one.end);
    }
    buffered_until_ = at;
  }

  // The echoes that have reached the gateway by now, oldest first.
  std::vector<std::string> echoes(std::int64_t now_us) {
    std::vector<std::string> out;
    while (!pending_.empty() && std::max(pending_.front().at + up_us, last_echo_) <= now_us) {
      last_echo_ = std::max(pending_.front().at + up_us, last_echo_);
      out.push_back(pending_.front().name);
      pending_.pop_front();
    }
    return out;
  }

  // When the next echo reaches the gateway; far away when none is on its way.
  std::int64_t nextEcho() const {
    return pending_.empty() ? INT64_MAX : std::max(pending_.front().at + up_us, last_echo_);
  }

  double heardMs(const std::string& item, std::int64_t now_us) const {
    std::int64_t sum = 0;
    for (const auto& one : played_)
      if (one.item == item) sum += std::clamp<std::int64_t>(now_us - one.start, 0, one.end - one.start);
    return static_cast<double>(sum) / 1000.0;
  }

  std::int64_t bufferedUntil() const { return buffered_until_; }

  std::map<std::string, std::string> received;  // bytes of each item, in order of arrival
  std::vector<std::int64_t> gaps;               // silences between two frames, us
  std::int64_t max_buffered_us = 0;

 private:
  struct Played {
    std::string item;
    std::int64_t start;
    std::int64_t end;
  };
  struct Pending {
    std::string name;
    std::int64_t at;
  };

  std::int64_t arrival(std::int64_t now_us) { return last_arrival_ = std::max(last_arrival_, now_us + down_us); }

  std::vector<Played> played_;
  std::deque<Pending> pending_;
  std::set<std::string> names_;
  std::int64_t buffered_until_ = 0;
  std::int64_t last_arrival_ = 0;
  std::int64_t last_echo_ = 0;
};

// The bridge's part: a Playout and a carrier, driven by a clock that only the test moves.
class PlayoutBench {
 public:
  explicit PlayoutBench(const PlayoutOptions& options = {}) : playout(options) {
    carrier.bytes_per_ms = bytesPerMs(options.format);
  }

  // One tick: echoes first, then what is due.
  void tick() {
    deliverEchoes();
    for (const PlayoutAction& action : playout.due(now_us)) {
      if (action.kind == PlayoutAction::Kind::frame)
        carrier.frame(action.item, action.audio, now_us);
      else
        carrier.mark(action.mark(), now_us);
    }
  }

  // Time passes, with a tick every `step_ms` and echoes at the microsecond they arrive.
  void run(std::int64_t ms, std::int64_t step_ms = 20) {
    const std::int64_t until = now_us + ms * 1000;
    while (now_us < until) {
      const std::int64_t next = std::min(until, now_us + step_ms * 1000);
      while (carrier.nextEcho() <= next) {
        now_us = std::max(now_us, carrier.nextEcho());
        deliverEchoes();
      }
      now_us = next;
      tick();
    }
  }

  Interruption interrupt() {
    Interruption result = playout.interrupt(now_us);
    if (result.flush) carrier.clear(now_us);
    return result;
  }

  void deliverEchoes() {
    for (const std::string& name : carrier.echoes(now_us)) echoes += playout.markEchoed(name, now_us) ? 1 : 0;
  }

  SimulatedCarrier carrier;
  Playout playout;
  std::int64_t now_us = 5000000;
  int echoes = 0;  // that counted
};

// Bytes that tell where they belong: no two stretches of one item are alike.
inline std::string pattern(std::size_t size, unsigned seed) {
  std::string out(size, '\0');
  std::uint32_t state = seed * 2654435761u + 1;
  for (auto& byte : out) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<char>(state >> 24);
  }
  return out;
}

}  // namespace hookswitch::media::test
