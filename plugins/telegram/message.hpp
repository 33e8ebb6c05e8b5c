// What a chat gets to read of a call: one or a few messages, each as HTML and as plain text. (telegram.md §5)
#pragma once

#include "plugins/telegram/zone.hpp"

#include <hookswitch/abi.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hookswitch::telegram {

/// Telegram takes 4096; the rest is a reserve for what it may count differently.
constexpr std::size_t kMaxUnits = 4000;
/// More of a transcript than fits in so many messages is cut, with a note.
constexpr std::size_t kMaxParts = 3;

/// One message. `plain` says the same without markup: for the day Telegram refuses the HTML.
struct Part {
  std::string html, plain;
  bool silent = false;  ///< no sound at the receiver
};

/// When something is told, and how moments are written.
struct Telling {
  Zone zone;
  std::uint64_t unix_ms = 0;             ///< now; 0: nobody knows, and nothing is called late
  std::uint64_t late_after_ms = 120000;  ///< what is older is told to be late
};

/// The end of a call; 1 to kMaxParts messages, the transcript after the facts when `with_transcript`. [any]
std::vector<Part> endedMessage(const hks_record& record, bool with_transcript, const Telling& telling = {});
/// The start of a call; one silent message. [any]
std::vector<Part> startedMessage(const hks_record& record, const Telling& telling = {});
/// The end of a call in a few lines of at most kMaxDigestUnits, for joined(). [any]
Part digestLine(const hks_record& record, const Telling& telling);
constexpr std::size_t kMaxDigestUnits = 700;
/// As many of `lines`, in order, as fit into one message; `count` says how many those are, at least one. [any]
Part joined(const std::vector<const Part*>& lines, std::size_t& count);
/// A warning or error another plugin or the host wants people to know. [any]
std::vector<Part> noticeMessage(const hks_notice& notice);

/// 11520000 ms -> "3 h 12 min". [any]
std::string longTime(std::uint64_t ms);
/// 65432 ms -> "1:05". [any]
std::string minutes(std::uint64_t ms);

}  // namespace hookswitch::telegram
