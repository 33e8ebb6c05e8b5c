// What plugins put into their sink, copied and checked, until the host gets round to it.
#pragma once

#include <hookswitch/abi.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "host/plugin/arena.hpp"

namespace hookswitch::plugin {

inline std::string_view view(hks_str s) { return s.size ? std::string_view{s.data, s.size} : std::string_view{}; }
inline hks_str str(std::string_view s) { return {s.data(), s.size()}; }

/// Name of a message type as the ABI header spells it without its prefix ("HTTP_CALL"); "?" when unknown.
const char* typeName(std::uint32_t type);

/// A deep copy of a message that a plugin put, with records of today's size: what an older plugin did not write reads
/// as zero. NULL when it is malformed: shorter than its record was in ABI 1.0, a string without data, above 32 MiB, or
/// not a type that a plugin may send.
const hks_msg* copyFromPlugin(const hks_msg& in, Arena& arena);

/// Messages of one session in the order they were put. They stay valid until clear(). [the session's thread]
class MessageQueue {
 public:
  static constexpr std::size_t max_messages = 4096;  ///< between two clear(): a plugin that floods gets HKS_FULL
  static constexpr std::size_t max_bytes = 64 * 1024 * 1024;

  hks_status put(const hks_msg& message);
  std::size_t size() const { return messages_.size(); }
  const hks_msg& operator[](std::size_t i) const { return *messages_[i]; }
  void clear() {
    messages_.clear();
    arena_.clear();
  }
  std::uint64_t refused() const { return refused_; }  ///< messages that got anything but HKS_OK so far

 private:
  Arena arena_;
  std::vector<const hks_msg*> messages_;
  std::uint64_t refused_ = 0;
};

}  // namespace hookswitch::plugin
