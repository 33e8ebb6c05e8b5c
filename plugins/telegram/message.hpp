// What a chat gets to read of a call: one or a few messages, each as HTML and as plain text. (telegram.md §5)
#pragma once

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

/// The end of a call; 1 to kMaxParts messages, the transcript after the facts when `with_transcript`. [any]
std::vector<Part> endedMessage(const hks_record& record, bool with_transcript);
/// The start of a call; one silent message. [any]
std::vector<Part> startedMessage(const hks_record& record);
/// A warning or error another plugin or the host wants people to know. [any]
std::vector<Part> noticeMessage(const hks_notice& notice);

/// 65432 ms -> "1:05". [any]
std::string minutes(std::uint64_t ms);

}  // namespace hookswitch::telegram
