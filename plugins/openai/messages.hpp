// What the gateway sends, one function per client event (openai-realtime.md §3). Pure. [any]
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::openai {

struct Options;

/// The whole configuration, formats included, so that no later update can lose them (§2).
std::string sessionUpdate(const Options& options, std::string_view event_id);
std::size_t appendAudioSize(std::size_t bytes);
/// {"type":"input_audio_buffer.append",...} for `audio`, into `to`, which has room for appendAudioSize() of it.
std::string_view appendAudio(std::string_view audio, char* to);
/// role: "user", "system" or "assistant".
std::string messageItem(std::string_view role, std::string_view text, std::string_view event_id);
std::string functionCallItem(std::string_view call_id, std::string_view name, std::string_view arguments);
std::string functionOutputItem(std::string_view call_id, std::string_view output, std::string_view event_id);
std::string truncate(std::string_view item_id, std::int64_t content_index, std::uint64_t audio_end_ms,
                     std::string_view event_id);
/// `overrides`: a JSON object for `response`, empty: none.
std::string responseCreate(std::string_view overrides, std::string_view event_id);
/// Of the answer that is being made.
std::string responseCancel(std::string_view response_id, std::string_view event_id);
/// Other instructions; nothing else of the session changes.
std::string instructionsUpdate(std::string_view instructions, std::string_view event_id);
/// Overrides that make the voice say `text` and call nothing.
std::string sayOverrides(std::string_view text);

}  // namespace hookswitch::openai
