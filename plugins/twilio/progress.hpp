// How far each call got on its way to a media stream: what Twilio has asked for, and what is missing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace hookswitch::twilio {

/// A call that Twilio calls completed may never have connected: its voice webhook or its stream could not be reached.
/// Twilio says so in its debugger alone; here the requests that came, and those that did not, tell. Of a call whose
/// beginning this session did not see (a restart, a reload) nothing is claimed. [control]
class Progress {
 public:
  static constexpr std::size_t kRemembered = 8192;      ///< calls
  static constexpr std::uint64_t kConnects_ms = 5'000;  ///< a call that lasted longer would have had its stream

  /// The call begins. `asked`: by the voice webhook itself, as an incoming one.
  void begin(std::string_view call, std::string_view base_url, bool asked);
  void heard(std::string_view call);                          ///< any webhook of it was let in
  void asked(std::string_view call);                          ///< the voice webhook was
  void refused(std::string_view call, std::string_view why);  ///< the voice webhook was not
  void upgraded(std::string_view call);                       ///< its media stream was let in
  void streamFailed(std::string_view call,
                    std::string_view why);  ///< it was not, or Twilio says that it could not be opened

  /// A call is over, with Twilio's outcome and a sentence about it. A completed one that never connected has failed; a
  /// sentence, free of secrets, is added that says what is missing and what to check.
  void judge(std::string_view call, std::uint64_t duration_ms, std::uint32_t& outcome, std::string& reason) const;
  /// Of one that runs: what it waits for; empty: nothing, or nothing is known.
  std::string missing(std::string_view call) const;

 private:
  struct Steps {
    std::string base_url, refused, stream_fault;
    bool heard = false, asked = false, upgraded = false;
  };
  Steps* find(std::string_view call);
  static std::string sentence(const Steps& steps);

  std::unordered_map<std::string, Steps> calls_;
  std::deque<std::string> order_;  // oldest first
};

}  // namespace hookswitch::twilio
