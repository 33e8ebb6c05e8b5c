// The Media Streams client: one WebSocket to the gateway that carries a call's audio both ways (twilio.md §5).
#pragma once

#include "tests/fakes/net.hpp"
#include "tests/fakes/twilio_audio.hpp"
#include "tests/fakes/twilio_plan.hpp"
#include "tests/fakes/twilio_playback.hpp"
#include "tests/fakes/twilio_ticker.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <vector>

namespace fakes {

struct StreamRequest {
  std::string account_sid, call_sid, auth_token, url;
  Form parameters;
  Audio audio;                 ///< what the caller says; null: nothing but silence
  std::uint64_t audio_at = 0;  ///< byte of `audio` to begin with: a second stream goes on where the first was cut
  std::uint64_t keep_bytes = 64u << 20;
};

/// [loop] Opened by open(); reports its end once through `on_end`.
class MediaStream final : public Ticker::Member, public std::enable_shared_from_this<MediaStream> {
 public:
  struct Handlers {
    std::function<void()> on_start;                                       ///< `start` was sent
    std::function<void(unsigned code, const std::string& error)> on_end;  ///< code: Twilio's 319xx, 0: closed properly
  };
  MediaStream(Loop& loop, Ticker& ticker, StreamRequest request, CallPlan plan);
  ~MediaStream();
  void open(Handlers handlers);
  void finish();                        ///< the call or its document is over: `stop`, then close
  void reset();                         ///< TCP RST, nothing else
  void drop();                          ///< reset(), and nobody is told
  void close(unsigned code);            ///< close frame without `stop`
  void press(const std::string& keys);  ///< dtmf now
  void deaf(bool on);
  void garbage(const std::string& kind);
  void slow();    ///< from now on one byte a second
  void second();  ///< another socket, same URL and parameters
  /// Speak `audio` from now on.
  void say(Audio audio);

  bool live() const { return socket_ != nullptr; }
  const std::string& sid() const { return sid_; }
  const Playback& playback() const { return playback_; }
  Playback& playback() { return playback_; }
  std::uint64_t startedUs() const { return started_us_; }
  std::uint64_t endedUs() const { return ended_us_; }
  std::uint64_t audioAt() const { return audio_at_; }
  std::size_t errorCount() const { return error_count_; }
  nlohmann::json summary() const;
  void tick(std::uint64_t now_us) override;

 private:
  void opened(SocketPtr socket);
  void sendStart();
  void sendFrame(std::uint32_t bytes);
  void sendEchoes();
  void sendEcho(const std::string& name);
  void post(std::string message);
  void postFrame(std::string message);
  void settle(std::uint64_t elapsed_us);
  void receive(std::string_view payload, bool text);
  void handle(std::string_view payload);
  void complain(const std::string& what);
  void ended(unsigned code, const std::string& error);
  void misbehave(std::uint64_t elapsed_ms);
  void sendSlowly(std::string frame);
  std::string startMessage(const std::string& stream_sid) const;
  std::string garbageText(const std::string& kind) const;
  Headers upgradeHeaders() const;

  Loop& loop_;
  Ticker& ticker_;
  StreamRequest request_;
  CallPlan plan_;
  Handlers handlers_;
  std::string sid_, media_prefix_;
  SocketPtr socket_, second_socket_;
  Playback playback_;
  bool opening_ = false, ticking_ = false, started_ = false, finished_ = false, slow_ = false, over_ = false;
  std::uint64_t started_us_ = 0, ended_us_ = 0, first_media_us_ = 0;
  std::uint64_t audio_at_ = 0, silence_before_ = 0;
  // twilio_stream_faults.cpp: what waits to come late, with when; what a stall holds up
  std::vector<std::pair<std::uint64_t, std::string>> late_;
  std::vector<std::string> stalled_;
  std::string swapped_;
  std::uint64_t elapsed_us_ = 0;
  std::uint64_t sequence_ = 0, chunk_ = 0, frame_ = 0, sent_frames_ = 0, dropped_frames_ = 0, sent_bytes_ = 0;
  std::uint64_t time_bytes_ = 0;  ///< caller time so far, in bytes: 8 to the millisecond
  std::uint32_t done_ = 0;        ///< bits of the misbehaviours that already happened
  unsigned handshake_status_ = 0, close_code_ = 0, end_code_ = 0;
  std::string end_error_, second_outcome_;
  std::vector<std::string> errors_;
  std::size_t error_count_ = 0;
};

}  // namespace fakes
