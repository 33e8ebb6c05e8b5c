// How a call gets its model back when the connection to it is lost.
#pragma once

#include <hookswitch/backoff.hpp>
#include <hookswitch/out.hpp>

#include <cstdint>
#include <optional>

namespace hookswitch::speech {

/// Is the answer to a handshake such that another attempt can't help? A wrong key or address stays wrong; too many
/// requests, and what the server blames on itself, pass.
bool isFinal(const hks_closed& lost);

/// Attempts within a span of time: the first at once, because the caller is in the middle of a sentence, then with
/// growing pauses. A model that says something is there again; one that comes and goes without a word uses up its time.
/// [session]
class Recovery {
 public:
  /// `timer`: the number of the timer that ends the span.
  explicit Recovery(std::uint64_t timer) : timer_(timer) {}
  /// 0: a connection that is lost isn't tried again.
  void allow(std::uint64_t span_ms) { span_ms_ = span_ms; }

  /// A connection was lost, or didn't come up: the pause before the next attempt; nothing: no attempt is left.
  /// `demanded_ms`: the server wants no attempt sooner.
  std::optional<std::uint64_t> lost(hks::Out& out, std::uint64_t demanded_ms = 0);
  /// The model can be talked to.
  void up() { up_ = true; }
  /// It has said something.
  void spoke() {
    if (running_) spoke_ = true;
  }
  /// The timer has fired. True: the time is over, and there is no connection.
  bool over(hks::Out& out);

  static constexpr std::uint32_t most = 12;  ///< attempts within one span

 private:
  static constexpr hks::Backoff pauses{150, 2000, 0};
  const std::uint64_t timer_;
  std::uint64_t span_ms_ = 0, waited_ms_ = 0;  // of the pauses of this span
  std::uint32_t made_ = 0;
  bool running_ = false;  // the timer is set
  bool up_ = false, spoke_ = false;
  bool spent_ = false;  // the span is over, and the model has come and gone without a word
};

}  // namespace hookswitch::speech
