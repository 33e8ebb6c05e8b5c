// The reception: the one thread that owns the listener and every connection of the HTTP server. Private to host/net.
#pragma once

#include "host/base/io_pool.hpp"
#include "host/net/http_connection.hpp"
#include "host/net/http_deadlines.hpp"
#include "host/net/http_mailbox.hpp"
#include "host/net/http_server.hpp"
#include "host/net/tls.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace hookswitch::net {

class HttpReception {
 public:
  /// Throws std::runtime_error: cannot listen, or a bad TLS file.
  HttpReception(HttpServerOptions options, HttpHandler& handler);
  ~HttpReception();

  std::uint16_t port() const { return port_; }
  std::size_t connections() const { return count_.load(std::memory_order_relaxed); }
  void useTls(std::shared_ptr<const TlsContext> context);
  void stop(std::uint32_t grace_ms);

 private:
  using Id = std::uint64_t;
  struct Entry {
    std::unique_ptr<HttpConnection> connection;
    PeerLimit::Place place;    ///< without options_.peers an empty one
    Deadline timer;            ///< its key in deadlines_
    std::uint32_t events = 0;  ///< registered with epoll
  };

  void run();
  void handle(Id tag, std::uint32_t events);
  void resumeListener();
  int waitMs() const;
  void accept();
  /// Drops the connection that has made the least progress for longest; with `most` only the first ones are looked at.
  /// False: each of them is being answered.
  bool makeRoom(const HttpDeadlines::Queue& among, std::size_t most = SIZE_MAX);
  PeerLimit::Place placeFor(const std::string& peer);
  void adopt(int fd, PeerLimit::Place place);
  void serve(Id id, Entry& entry, HttpConnection::Want want);
  void dispatch(Id id, HttpConnection& connection);
  void askForMore(Id id, HttpConnection& connection);
  void handOver(HttpConnection& connection);
  void deliver(HttpMailbox::Answer answer);
  /// An exception costs the connection that it is about.
  template <class Event>
  void guarded(Id id, Event&& event);
  void expireDue();
  void beginStop();
  void watch(Id id, Entry& entry, std::uint32_t events);
  void drop(Id id);

  const HttpServerOptions options_;
  HttpHandler& handler_;
  std::mutex tls_mutex_;
  std::shared_ptr<const TlsContext> tls_;  ///< of the next connection
  std::shared_ptr<HttpMailbox> mailbox_;
  int listener_ = -1, epoll_ = -1;
  std::uint16_t port_ = 0;
  std::unique_ptr<base::IoPool> workers_;

  // The reception thread's own.
  Id next_id_ = 16;  ///< smaller numbers tag the listener and the mailbox
  std::unordered_map<Id, Entry> entries_;
  HttpDeadlines deadlines_;
  bool stopping_ = false, listener_paused_ = false;
  Deadline listener_resumes_, stop_deadline_;

  std::atomic<std::size_t> count_{0};
  std::atomic<bool> stop_requested_{false};
  std::atomic<std::uint32_t> grace_ms_{0};
  std::mutex stop_mutex_;
  std::thread thread_;
};

/// Null status (0): the headers of `request` make a good WebSocket upgrade. Otherwise the refusal. [any]
HttpReply checkUpgrade(const HttpRequest& request);
/// Does the request ask for a WebSocket at all?
bool asksForWebSocket(const HttpRequest& request);

}  // namespace hookswitch::net
