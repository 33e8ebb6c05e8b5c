// What the gateway sends, one function per client message (gemini-live.md §2, §3, §7). Pure. [any]
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hookswitch::gemini {

struct Options;

/// The first message of every connection, complete on every resume. `handle`: empty asks for handles only.
/// `summary`: what was said on a conversation that could not be resumed or was another model's; empty: none.
std::string setup(const Options& options, std::string_view handle, std::string_view summary);
std::size_t audioSize(std::size_t bytes);
/// {"realtimeInput":{"audio":...}} for PCM of 8000 or 16000 Hz, into `to`, which has room for audioSize() of it.
std::string_view audio(std::string_view pcm, unsigned rate, char* to);
std::string realtimeText(std::string_view text);
/// Other instructions in the middle of a conversation (§3).
std::string contextUpdate(std::string_view instructions);
/// A user turn that is answered at once.
std::string userTurn(std::string_view text);
/// `value`: a JSON value. `scheduling`: empty, or WHEN_IDLE and the like.
std::string toolResponse(std::string_view id, std::string_view name, std::string_view value, bool failed,
                         std::string_view scheduling);
/// The instruction that makes the model greet with `greeting`.
std::string greetingText(std::string_view greeting);

}  // namespace hookswitch::gemini
