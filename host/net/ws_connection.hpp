// A WebSocket connection on a loop: frames, send queue, close handshake, liveness. Knows nothing of calls.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "host/base/loop.hpp"
#include "host/net/stream.hpp"
#include "host/net/ws_codec.hpp"

namespace hookswitch::net {

struct WsConnectionLimits {
  std::size_t max_message = 256 * 1024;     ///< received, after reassembly
  std::size_t droppable_queue = 64 * 1024;  ///< above this much unsent, audio is dropped ...
  std::size_t max_queue = 4 * 1024 * 1024;  ///< ... and above this much the peer is given up
  std::uint32_t stall_ms = 10'000;          ///< unsent bytes without any progress for this long: given up
  std::uint32_t idle_ms = 0;                ///< no frame of any kind for this long: given up; 0: never
  std::uint32_t ping_ms = 0;                ///< a ping this often; 0: never
  std::uint32_t close_ms = 2'000;           ///< how long to wait for the peer's close frame
};

/// Lives on one loop. Owned by whoever handles its messages, who gives it back through base::Loop::dispose() when it
/// may be inside one of its callbacks.
class WsConnection final : public base::FdHandler, public base::Flushable {
 public:
  /// All callbacks [loop]. After onClosed, which comes exactly once unless the owner let go before, nothing follows.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void onMessage(WsConnection& connection, std::string_view payload, bool text) = 0;
    /// code: the peer's close code, 1006 when there was none; our own reason when we gave up.
    virtual void onClosed(WsConnection& connection, std::uint32_t code, std::string_view reason) = 0;
    /// The host itself has failed on it; onClosed follows. True: the exception has been logged.
    virtual bool onFailed(WsConnection& /*connection*/, const std::string& /*why*/) { return false; }
  };

  /// `id` is the owner's. Nothing is delivered before start().
  WsConnection(base::Loop& loop, std::unique_ptr<Stream> stream, WsRole role, const WsConnectionLimits& limits,
               std::uint64_t id, Listener& listener);
  ~WsConnection() override;  ///< closes the socket without a word

  /// Begin to read; `leftover` was received behind the handshake and is parsed first.
  void start(std::string_view leftover);

  std::uint64_t id() const { return id_; }
  /// False when it was not queued: closing, or `droppable` and the queue is long.
  bool send(std::string_view payload, bool text, bool droppable = false);
  /// Send a close frame and wait for the peer's, bounded; onClosed follows.
  void close(std::uint16_t code, std::string_view reason);
  /// Say good-bye without an owner: sends a close frame, waits for the peer's, bounded, and destroys the connection.
  static void release(std::unique_ptr<WsConnection> connection, std::uint16_t code, std::string_view reason);
  bool open() const { return state_ == State::open; }
  bool closed() const { return state_ == State::closed; }
  std::size_t unsent() const { return out_.size() - out_begin_; }
  const std::string& peerIp() const { return peer_ip_; }

 private:
  enum class State : std::uint8_t { open = 1, closing = 2, closed = 3 };
  void onEvents(std::uint32_t epoll_events) override;
  void flushNow() override;
  bool failed(const std::string& why) override;
  void readAll();
  bool readSome(std::size_t& budget);
  bool received(std::size_t bytes, std::size_t size, std::size_t& budget);
  void deliver();
  void deliver(const WsEvent& event);
  void watch();
  void checkLiveness();
  void planLiveness();
  /// The peer is gone, or nothing can be said to it.
  void finish(std::uint32_t code, std::string_view reason);
  /// The same when our last word is in `out_` or on its way: the socket is closed once the peer can have read it.
  void finishSaid(std::uint32_t code, std::string_view reason);

  base::Loop& loop_;
  std::unique_ptr<Stream> stream_;
  WsParser parser_;
  WsWriter writer_;
  WsConnectionLimits limits_;
  std::uint64_t id_;
  Listener* listener_;
  State state_ = State::open;
  std::string out_;  // frames not yet taken by the kernel, from out_begin_
  std::size_t out_begin_ = 0;
  std::uint32_t watched_ = 0;      // epoll events asked for
  bool read_wants_write_ = false;  // TLS renegotiation: a read waits for writability
  bool write_wants_read_ = false;
  bool reading_ = false;  // a listener that sends must not re-enter the reader
  bool unowned_ = false;  // the loop keeps it until it is closed
  base::Loop::TimerId close_timer_ = 0, liveness_timer_ = 0, reread_timer_ = 0;
  std::int64_t last_in_us_ = 0, last_progress_us_ = 0, last_ping_us_ = 0, liveness_due_us_ = 0;
  std::uint32_t close_code_ = 1006;
  std::string close_reason_, peer_ip_;
};

}  // namespace hookswitch::net
