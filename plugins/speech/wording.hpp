// Small text helpers and the sentences both voices say to their models.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::speech {

/// Bytes of what one party said at a stretch. More than the host keeps of a line (64 KB), so that it is the host that
/// cuts and says so.
constexpr std::size_t kMaxSaid = 72 * 1024;
/// Bytes of a sentence that the host wants to be said.
constexpr std::size_t kMaxSay = 16 * 1024;
/// Appends what fits into kMaxSaid.
void appendSaid(std::string& said, std::string_view more);

/// The part of `text` that was heard when `heard` of `total` was: cut in proportion, between characters, back to the
/// end of a word. All of it when heard >= total, nothing when total is 0. [any]
std::string cutInProportion(std::string_view text, std::uint64_t heard, std::uint64_t total);

/// A decimal number within [low, high] as JSON has it; `fallback` when it is not. Sets `bad` in that case.
std::string decimal(std::string_view text, double low, double high, std::string_view fallback, bool& bad);

/// `prompt`, or a plain one when the call has none.
std::string instructionsOr(std::string_view prompt);

/// Instruction to say `text` word for word.
std::string sayExactly(std::string_view text);

/// Instruction to go on with an answer that broke off after these words; empty: the words are not known.
std::string goOnAfter(std::string_view said);

/// "The caller pressed 1 2 # on the keypad."
std::string dtmfSentence(std::string_view digits);

/// Only the keys a phone has, in order.
bool isDtmf(char key);

}  // namespace hookswitch::speech
