// The carrier's media stream of one call: what Twilio's media servers do, in raw envelopes.
#pragma once

#include <deque>
#include <string>

#include "tests/bench/storm/scene.hpp"
#include "tests/bench/storm/websocket.hpp"

namespace storm {

class Stream final : public Source {
 public:
  /// Connects to ws://127.0.0.1:port/target. `parameter`: the value of gw_call. Belongs to whoever makes it.
  Stream(Scene& scene, Call& call, int port, const std::string& target, std::string call_sid, std::string parameter);

  void ready(std::uint32_t events) override;
  /// The 20 ms that are due, and the echoes of marks whose audio has been played.
  void tick(std::int64_t now_ns);
  /// The far end is gone: the end of the stream is said, and the connection closed.
  void hangUp();

 private:
  struct Mark {
    std::string name;
    std::int64_t due_ns;
  };
  std::size_t take(char* data, std::size_t size);
  void opened();
  void over();
  void says(std::string_view text);
  void audio(std::string_view base64);
  void echoMarks(std::int64_t now_ns);

  Scene& scene_;
  Call& call_;
  Wire wire_;
  std::string sid_, call_sid_, parameter_;
  std::string middle_;  // of a media message
  std::uint64_t sequence_ = 1, chunk_ = 0;
  std::int64_t played_ns_ = 0;  // when the caller has heard what came so far
  std::deque<Mark> marks_;
  bool upgraded_ = false;
};

}  // namespace storm
