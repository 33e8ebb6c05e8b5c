// What plugins put into their sink, copied and checked, until the host gets round to it.
#pragma once

#include <hookswitch/abi.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/plugin/arena.hpp"

namespace hookswitch::plugin {

inline std::string_view view(hks_str s) { return s.size ? std::string_view{s.data, s.size} : std::string_view{}; }
inline hks_str str(std::string_view s) { return {s.data(), s.size()}; }

/// Name of a message type as the ABI header spells it without its prefix ("HTTP_CALL"); "?" when unknown.
const char* typeName(std::uint32_t type);

/// A deep copy of a message that a plugin put, with records of today's size: what an older plugin did not write reads
/// as zero. NULL when it is malformed: shorter than its record was in its first version, a reserved field that is not
/// 0, a string without data, above 32 MiB, or not a type that a plugin may send.
const hks_msg* copyFromPlugin(const hks_msg& in, Arena& arena);

/// Room that was lent to a plugin since the queue was empty: what lies in it need not be copied.
class LentRoom {
 public:
  void add(const char* begin, std::size_t size) { spans_[next_++ % most] = {begin, size}; }
  bool holds(const char* data, std::size_t size) const {
    for (const Span& span : spans_) {
      const auto from = reinterpret_cast<std::uintptr_t>(data), begin = reinterpret_cast<std::uintptr_t>(span.begin);
      if (from >= begin && from - begin <= span.size && size <= span.size - (from - begin)) return true;
    }
    return false;
  }
  void clear() {
    if (next_) *this = {};
  }

 private:
  static constexpr std::size_t most = 4;  // the newest; a message that lies in older room is copied, as any other
  struct Span {
    const char* begin;
    std::size_t size;
  };
  std::array<Span, most> spans_{};
  std::size_t next_ = 0;
};

/// Messages of one session in the order they were put. They stay valid until clear(). [the session's thread]
class MessageQueue {
 public:
  static constexpr std::size_t max_messages = 4096;  ///< between two clear(): a plugin that floods gets HKS_FULL
  static constexpr std::size_t max_bytes = 64 * 1024 * 1024;
  static constexpr std::size_t max_complaints = 32;  ///< of one session: the first of each kind

  /// `role`: "control", "notifier", "carrier" or "voice", which decides what is taken; "": whatever any of them may
  /// put.
  explicit MessageQueue(std::string role = {});

  hks_status put(const hks_msg& message);
  /// So many bytes for what the plugin is about to put, valid until clear(); NULL: not so many.
  char* room(std::uint64_t size);
  std::size_t size() const { return messages_.size(); }
  const hks_msg& operator[](std::size_t i) const { return *messages_[i]; }
  void clear() {
    messages_.clear();
    lent_.clear();
    arena_.clear();
  }
  std::uint64_t refused() const { return refused_; }  ///< messages that got anything but HKS_OK so far

  const std::string& role() const { return role_; }
  /// What HKS_MESSAGES says to this session of a type.
  std::uint32_t sizeOf(std::uint32_t type) const;
  /// May the host give a message of this type to this session?
  bool takes(std::uint32_t type) const;
  /// Has takeComplaints() something to give?
  bool complained() const { return !complaints_.empty(); }
  /// What was refused since the last call, in words: "AUDIO from a session of role control". Each kind of mistake once
  /// in the life of the session.
  std::vector<std::string> takeComplaints() { return std::exchange(complaints_, {}); }

 private:
  void complain(const hks_msg& message, int wrong, const char* field);
  const std::string role_;
  const std::uint8_t roles_;  // hks::abi::Roles
  Arena arena_;
  LentRoom lent_;
  std::vector<const hks_msg*> messages_;
  std::set<std::pair<std::uint32_t, int>> complained_;  // type and kind of mistake
  std::vector<std::string> complaints_;
  std::uint64_t refused_ = 0;
};

}  // namespace hookswitch::plugin
