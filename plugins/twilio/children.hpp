// The legs that Twilio rings for a transfer: its own to end with the leg they are rung for, and here seen to be over.
#pragma once

#include "plugins/twilio/ports.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace hookswitch::twilio {

/// A leg costs money, and somebody hears it ring. [control]
class Children {
 public:
  static constexpr std::size_t kRemembered = 8192;  ///< calls

  explicit Children(Ports& ports) : ports_(ports) {}

  /// Legs may have been rung for this call, whose own leg is `parent_sid`; empty: not known here.
  void expect(std::string_view call, std::string_view parent_sid);
  bool expected(std::string_view call) const { return parents_.count(std::string(call)) != 0; }
  void forget(std::string_view call) { parents_.erase(std::string(call)); }

  enum class Verdict : std::uint8_t { over = 1, ended = 2, failed = 3 };  ///< ended: some lived, and were hung up
  /// `why`: of `failed`, for a receipt.
  using Then = std::function<void(Verdict verdict, const std::string& why, hks::Out& out)>;
  /// Hangs up every leg that lives and was rung for this one, each request within `share_ms`.
  void end(const std::string& parent_sid, std::uint32_t share_ms, Then then, hks::Out& out);
  /// The call is over: the same until none lives, however often that takes within an hour.
  void endWith(std::string_view call, hks::Out& out);

 private:
  struct Round {
    std::size_t open = 0;
    bool lived = false;
    std::string why;  // empty: everything went well
    Then then;
  };
  void listed(const std::shared_ptr<Round>& round, std::uint32_t share_ms, const hks_http& response, hks::Out& out);
  void over(const std::shared_ptr<Round>& round, hks::Out& out);
  void insist(const std::string& parent_sid, unsigned attempt, hks::Out& out);

  Ports& ports_;
  std::unordered_map<std::string, std::string> parents_;  // by call
};

}  // namespace hookswitch::twilio
