// What can be set on the OpenAI fake, and one scripted turn of its model.
#pragma once

#include "tests/fakes/settings.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace fakes {

/// One function call of a response. `arguments` goes out as it is, so it may be broken JSON on purpose.
struct OpenAiToolCall {
  std::string name, arguments = "{}", call_id;  ///< call_id empty: made up
};

/// What one response of the model says and how it ends.
struct OpenAiTurn {
  std::optional<std::string> user, assistant;  ///< transcripts of the caller's turn and of the answer
  std::optional<std::uint32_t> audio_ms;       ///< a tone of this length instead of the mode's audio; 0: no audio
  std::optional<double> hz;
  std::vector<OpenAiToolCall> tools;
  std::uint32_t items = 1;                   ///< message items in the response; the audio is cut in equal parts
  std::string status = "completed";          ///< completed | incomplete | failed | never (created, then silence)
  std::string reason = "max_output_tokens";  ///< of incomplete
  std::string error_code = "server_error";   ///< of failed
  bool usage = true;                         ///< false: usage is null
  bool text = false;                         ///< answers in text alone, whatever was asked for
  bool anonymous = false;                    ///< audio deltas have no item_id
  bool pcm = false;                          ///< its audio is 24 kHz PCM, whatever was confirmed
  std::uint32_t close_code = 0;              ///< closes the connection in mid-answer; 1006: resets it; 0: neither
  std::uint32_t close_at_ms = 0;             ///< ... when so much of its audio was sent
  std::uint32_t delay_ms = 0;                ///< before response.created

  /// Throws std::invalid_argument with a sentence.
  static OpenAiTurn parse(const nlohmann::json& value);
};

struct OpenAiSettings {
  std::string mode = "echo";  ///< echo | tone | script | loopback
  double speed = 20;          ///< audio leaves this many times faster than it plays; 0: all at once
  std::vector<std::uint32_t> delta_bytes = {4001, 159, 161, 1, 1600};  ///< sizes of audio deltas, in turn
  std::string user_text = "Hello, can you hear me?";
  std::string assistant_text = "Yes, I can hear you very well.";
  std::string greeting_text = "Hello, this is the test agent.";
  std::uint32_t tone_ms = 1000, greeting_ms = 600;
  double tone_hz = 440;
  nlohmann::json every;  ///< a turn that stands for all that are neither queued nor in the script; null: the mode's
  nlohmann::json script = nlohmann::json::array();  ///< turns, taken one by one by every session
  double vad_level = 600;                           ///< RMS of speech, 0-32767
  std::uint32_t vad_confirm_ms = 60;
  std::uint32_t transcript_delay_ms = 30;
  bool answer = true;             ///< false: no response ever starts
  std::uint32_t late_deltas = 0;  ///< audio deltas still sent after speech_started or a cancel
  std::uint32_t late_ms = 0;      ///< how long an interrupted response takes to reach response.done
  bool interleave = false;        ///< the items of a response come a delta of each in turn
  bool half_characters = false;   ///< transcripts begin with an unpaired surrogate escape
  bool repeat_history = false;    ///< what a client puts into the conversation comes back as transcripts
  /// updated | refuse | silent | pcm (takes effect whatever was asked) | bare (says nothing of the audio)
  std::string update_reply = "updated";
  bool created = true;  ///< false: session.created is never sent
  std::uint32_t created_delay_ms = 0;
  std::uint32_t upgrade_status = 0;    ///< refuse upgrades with this HTTP status; 0: accept
  std::int32_t upgrade_refusals = -1;  ///< how many of them; -1: all
  std::uint32_t upgrade_delay_ms = 0;  ///< before the refusal goes out
  std::uint32_t session_ms = 3600000;  ///< then session_expired and close 1001
  bool unknown_events = true;          ///< sprinkle events, fields and nulls that nobody knows
  bool stamps = false;      ///< loopback of audio/pcmu: read the times of departure in its frames (Twilio plan `stamp`)
  bool keep_audio = false;  ///< keep what came in and went out for the `audio` command, up to 10 minutes each
  std::uint32_t keep_events = 300;  ///< client events kept per session, appends not counted

  template <class Visit>
  void visit(Visit&& v) {
    v("mode", mode), v("speed", speed), v("delta_bytes", delta_bytes), v("user_text", user_text);
    v("assistant_text", assistant_text), v("greeting_text", greeting_text), v("tone_ms", tone_ms);
    v("greeting_ms", greeting_ms), v("tone_hz", tone_hz), v("script", script), v("every", every),
        v("vad_level", vad_level);
    v("vad_confirm_ms", vad_confirm_ms), v("transcript_delay_ms", transcript_delay_ms), v("answer", answer);
    v("late_deltas", late_deltas), v("late_ms", late_ms), v("interleave", interleave),
        v("half_characters", half_characters);
    v("repeat_history", repeat_history), v("update_reply", update_reply), v("created", created);
    v("created_delay_ms", created_delay_ms), v("upgrade_status", upgrade_status);
    v("upgrade_refusals", upgrade_refusals), v("upgrade_delay_ms", upgrade_delay_ms), v("session_ms", session_ms);
    v("unknown_events", unknown_events), v("stamps", stamps), v("keep_audio", keep_audio),
        v("keep_events", keep_events);
  }
  void check() const;  ///< throws std::invalid_argument for a value outside its range
};

}  // namespace fakes
