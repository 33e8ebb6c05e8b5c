// What can be set on the Gemini fake, and one scripted turn of its model.
#pragma once

#include "tests/fakes/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fakes {

struct GeminiToolCall {
  std::string name, id;  ///< id empty: made up
  nlohmann::json args = nlohmann::json::object();
};

/// What one turn of the model says and how it ends.
struct GeminiTurn {
  std::optional<std::string> user, assistant;  ///< transcripts of the caller's turn and of the answer
  std::optional<std::uint32_t> audio_ms;       ///< a tone of this length instead of the mode's audio; 0: no audio
  std::optional<double> hz;
  std::vector<GeminiToolCall> tools;
  std::string reason;                ///< turnCompleteReason, empty: none
  std::string interaction_status;    ///< empty: none
  std::string status = "completed";  ///< completed | never (nothing at all comes)
  bool mute = false;                 ///< its words come, its audio does not
  bool text = false;                 ///< parts of text instead of audio
  std::string mime;                  ///< of its audio, instead of audio/pcm;rate=24000
  std::uint32_t close_code = 0;      ///< closes the connection in mid-answer; 1006: resets it; 0: neither
  std::uint32_t close_at_ms = 0;     ///< ... when so much of its audio was sent
  std::uint32_t delay_ms = 0;        ///< before the first message

  /// Throws std::invalid_argument with a sentence.
  static GeminiTurn parse(const nlohmann::json& value);
};

struct GeminiSettings {
  std::string mode = "echo";      ///< echo | tone | silent | script | loopback
  std::string frames = "binary";  ///< binary | text
  double speed = 20;              ///< audio leaves this many times faster than it plays; 0: all at once
  std::vector<std::uint32_t> chunk_bytes = {11521, 4799, 7, 1922, 961};  ///< sizes of audio parts, in turn
  std::string user_text = "Hello, can you hear me?";
  std::string assistant_text = "Yes, I can hear you very well.";
  std::string greeting_text = "Hello, this is the test agent.";
  std::uint32_t tone_ms = 1000, greeting_ms = 600;
  double tone_hz = 440;
  nlohmann::json every;  ///< a turn that stands for all that are neither queued nor in the script; null: the mode's
  nlohmann::json script = nlohmann::json::array();  ///< turns, taken one by one by every conversation
  double vad_level = 600;                           ///< RMS of speech, 0-32767
  std::uint32_t vad_confirm_ms = 60;                ///< least speech that counts; a larger prefixPaddingMs wins
  bool answer = true;                               ///< false: the model never says anything
  std::string turn_complete = "playback";           ///< playback (when the audio would have played) | now | never
  bool turn_complete_after_interrupt = true;
  std::uint32_t late_messages = 0;    ///< audio messages still sent after `interrupted`
  std::uint32_t late_ms = 0;          ///< so long an interrupted turn goes on in real time before its turnComplete
  std::uint32_t next_turn_ms = 0;     ///< so long after `interrupted` the model speaks again by itself; 0: it does not
  bool half_characters = false;       ///< transcripts begin with an unpaired surrogate escape
  bool repeat_history = false;        ///< a resumed session tells the transcripts of its conversation again
  std::string after_tool = "silent";  ///< silent | speak: what follows a tool response when no turn is queued
  std::string setup_reply = "complete";  ///< complete | silent | close
  std::uint32_t setup_delay_ms = 10;     ///< anything the client sends meanwhile is too early
  std::uint32_t setup_close_code = 1007;
  std::string setup_close_reason = "Request contains an invalid argument.";
  std::uint32_t refuse_resume = 0;     ///< close code for every setup with a handle; 0: none
  bool handles = true;                 ///< false: sessionResumptionUpdate never comes
  std::uint32_t go_away_after_ms = 0;  ///< goAway by itself; 0: never
  std::uint32_t go_away_left_ms = 50000;
  std::uint32_t upgrade_status = 0;    ///< refuse upgrades with this HTTP status; 0: accept
  std::int32_t upgrade_refusals = -1;  ///< how many of them; -1: all
  std::uint32_t upgrade_delay_ms = 0;
  bool unknown_keys = true;         ///< sprinkle members and parts that nobody knows
  bool keep_audio = false;          ///< keep what came in and went out for the `audio` command, up to 10 minutes each
  std::uint32_t keep_events = 300;  ///< client messages kept per session, audio not counted

  template <class Visit>
  void visit(Visit&& v) {
    v("mode", mode), v("frames", frames), v("speed", speed), v("chunk_bytes", chunk_bytes), v("user_text", user_text);
    v("assistant_text", assistant_text), v("greeting_text", greeting_text), v("tone_ms", tone_ms);
    v("greeting_ms", greeting_ms), v("tone_hz", tone_hz), v("script", script), v("every", every),
        v("vad_level", vad_level);
    v("vad_confirm_ms", vad_confirm_ms), v("answer", answer), v("turn_complete", turn_complete);
    v("turn_complete_after_interrupt", turn_complete_after_interrupt), v("late_messages", late_messages);
    v("late_ms", late_ms), v("next_turn_ms", next_turn_ms), v("half_characters", half_characters);
    v("repeat_history", repeat_history);
    v("after_tool", after_tool), v("setup_reply", setup_reply), v("setup_delay_ms", setup_delay_ms);
    v("setup_close_code", setup_close_code), v("setup_close_reason", setup_close_reason);
    v("refuse_resume", refuse_resume), v("handles", handles), v("go_away_after_ms", go_away_after_ms);
    v("go_away_left_ms", go_away_left_ms), v("upgrade_status", upgrade_status);
    v("upgrade_refusals", upgrade_refusals), v("upgrade_delay_ms", upgrade_delay_ms), v("unknown_keys", unknown_keys);
    v("keep_audio", keep_audio), v("keep_events", keep_events);
  }
  void check() const;  ///< throws std::invalid_argument for a value outside its range
};

}  // namespace fakes
