// One WebSocket to a model, from the request to its end.
#pragma once

#include <hookswitch/backoff.hpp>
#include <hookswitch/out.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hookswitch::speech {

/// None -> (open) Connecting -> (the host says that it is open) Configuring -> (the model took the set-up) Ready.
/// [session]
struct Connection {
  enum class State { None = 1, Connecting = 2, Configuring = 3, Ready = 4 };
  State state = State::None;
  std::uint64_t id = 0;  ///< the host's messages name it
  bool is(std::uint64_t other) const { return state != State::None && id == other; }
  bool exists() const { return state != State::None; }
  bool connecting() const { return state == State::Connecting; }
  bool configuring() const { return state == State::Configuring; }
  bool usable() const { return state == State::Ready; }
  bool opened() const { return configuring() || usable(); }
};

/// Asks the host for the connection. False: it refused.
bool open(Connection& connection, std::uint64_t id, const std::string& url, const hks::Headers& headers,
          std::uint32_t timeout_ms, hks::Out& out);

/// "OpenAI closed the connection (code 1011): reason", "... refused the connection with HTTP 401", "... could not be
/// reached". `opened`: it could be used before.
std::string lossSentence(std::string_view model, const hks_closed& lost, bool opened);

/// Attempts to have a connection again: a pause before each, until there were enough. [session]
class Attempts {
 public:
  constexpr Attempts(hks::Backoff pauses, std::uint32_t most) : pauses_(pauses), most_(most) {}
  bool spent() const { return made_ >= most_; }
  /// The pause before the next one; nothing when all have been made.
  std::optional<std::uint64_t> next() {
    if (spent()) return {};
    return pauses_.base(made_++);
  }
  void reset() { made_ = 0; }
  /// From here on it is as if at most so many had been made.
  void forgive(std::uint32_t made) { made_ = made_ < made ? made_ : made; }

 private:
  hks::Backoff pauses_;
  std::uint32_t most_, made_ = 0;
};

/// A sentence for the log about every mistake of a model, up to a bound: one that makes them without end fills no disk.
class Warnings {
 public:
  void warn(std::string_view text, hks::Out& out) {
    if (++count_ <= kMax) out.log(HKS_WARN, text);
  }

 private:
  static constexpr std::uint32_t kMax = 50;
  std::uint32_t count_ = 0;
};

}  // namespace hookswitch::speech
