// What carrier and model share: the calls, what is counted of them, and when it counts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/storm/loop.hpp"
#include "tests/bench/storm/track.hpp"

namespace storm {

enum class Form : std::uint8_t { pcmu, pcm24, gemini };
enum class Mode : std::uint8_t { echo, talk };

const char* nameOf(Form form);
const char* nameOf(Mode mode);

constexpr std::uint32_t kFromModel = 0x80000000;  ///< in the owner of a track

class Stream;
class Session;

struct Call {
  Call(std::uint32_t at, Form form, Mode mode)
      : index(at),
        caller(form == Form::pcmu ? Kind::stamps : Kind::bursts, at),
        model(caller.kind(), at | kFromModel),
        at_model(caller),
        at_caller(mode == Mode::echo ? caller : model) {}

  const std::uint32_t index;
  Sender caller, model;
  Reader at_model, at_caller;
  Stream* stream = nullptr;    ///< to the program, once it is open
  Session* session = nullptr;  ///< with the program, once it is configured
  bool configured = false;
  std::int64_t posted_ns = 0, answered_ns = 0;  ///< asked for; the answer to that
  std::int64_t up_ns = 0;                       ///< its first audio has reached the model
  std::int64_t feed_ns = 0;                     ///< the caller speaks from then on
  static constexpr int kByDocument = 1, kNoAnswer = 2;
  int refused = 0;     ///< HTTP status of a refusal, or one of these
  bool lost = false;   ///< the program closed the stream or the session
  bool ended = false;  ///< the callee has hung up
  bool settled() const { return up_ns || refused || lost; }
};

struct Scene {
  Loop loop;
  Form form = Form::pcmu;
  Mode mode = Mode::echo;
  std::vector<std::unique_ptr<Call>> calls;  ///< by index
  Tally at_model, at_caller;
  bool measured = false;      ///< delays count
  bool feeding = true;        ///< callers and models speak
  std::int64_t grace_ns = 0;  ///< between a call with both connections and its first audio
  std::uint64_t dry = 0;      ///< while measured: how often a caller's buffer ran empty in the middle of speech
  std::uint64_t sessions = 0, resumed = 0;  ///< connections to the model, and how many TLS sessions were resumed
  std::int64_t stalled_ns = 0;              ///< for so long the generator itself had no core
  std::string problem;                      ///< the first thing that no program should have done

  std::string label(std::uint32_t index) const { return "storm-call-" + std::to_string(index); }
  /// The call that a text names; null when it names none.
  Call* labelled(std::string_view text) const;
  void complain(const std::string& what) {
    if (problem.empty()) problem = what;
  }
};

}  // namespace storm
