// Whose turn it is after the process has died in plugins: who is held back, who comes behind others, and how far apart.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "host/call/types.hpp"
#include "host/control/quarantine.hpp"

namespace hookswitch::control {

/// What the quarantine knows, applied to one run of the gateway. After a death a suspect's hooks wait until those of
/// others are under way, the call that died behind its other calls, and one at a time until some have worked; its
/// session is opened behind all others. Times: milliseconds of the control thread's lived clock. [control]
class Suspects {
 public:
  /// After a start: how long suspects wait for others, at least and at most; how far apart they come.
  static constexpr std::uint64_t others_first_ms = 1'000, others_longest_ms = 5'000, apart_ms = 1'000,
                                 session_ms = 3'000;
  static constexpr unsigned convincing = 3;  ///< after so many that went well they may all come

  /// `quarantine`: kept by the caller; NULL: nothing is held back. `started_ms`: when this run began.
  Suspects(Quarantine* quarantine, std::uint64_t started_ms)
      : quarantine_(quarantine ? *quarantine : nothing_), started_ms_(started_ms) {}
  Suspects(const Suspects&) = delete;

  struct Wait {
    std::uint64_t ms = 0;  ///< from now; 0: there is none
    std::string why{};     ///< a sentence
    bool apart = false;    ///< it concerns this call alone: others pass it by
    explicit operator bool() const { return ms != 0; }
  };
  /// Is the plugin held back there?
  Held held(const std::string& plugin, const std::string& scope) const { return quarantine_.held(plugin, scope); }
  /// Of a hook that is due for a call. One that happens `once` is either held back or not. `others_busy`: is anybody
  /// else being told of something?
  Wait hook(const std::string& plugin, call::Phase phase, const std::string& call, bool once, std::uint64_t now_ms,
            const std::function<bool()>& others_busy);
  /// Of the plugin's control or notifier session.
  Wait session(const std::string& plugin, std::uint64_t now_ms) const;
  /// How long a suspect's session has to live until it is as good as any other, and with what it died; 0: it is none.
  std::pair<std::uint64_t, std::string> probation(const std::string& plugin) const;
  /// It was given that message and has come back.
  void worked(const std::string& plugin, const std::string& scope, const std::string& about = {});

  bool none() const { return quarantine_.empty(); }
  Quarantine& quarantine() { return quarantine_; }
  const Quarantine& quarantine() const { return quarantine_; }

 private:
  struct Probe {
    std::uint64_t first_ms = 0, last_ms = 0;
    unsigned good = 0;
  };
  Quarantine nothing_;
  Quarantine& quarantine_;
  const std::uint64_t started_ms_;
  std::map<std::pair<std::string, std::string>, Probe> probes_;  // by plugin and scope
};

}  // namespace hookswitch::control
