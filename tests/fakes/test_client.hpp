// A blocking WebSocket and HTTP client for the tests of the fakes, over net.hpp's client side.
#pragma once

#include "tests/fakes/net.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <stdexcept>

namespace fakes {

constexpr auto kPatience = std::chrono::seconds(20);  // an upper bound, never a measurement

/// [any] Lives on the test's thread; its socket lives on the loop.
class TestClient {
 public:
  TestClient(Loop& loop, const std::string& url, Headers headers = {})
      : loop_(loop), inbox_(std::make_shared<Inbox>()) {
    // Shared: the loop may still be inside set_value() when the waiter here has already gone on.
    auto opened = std::make_shared<std::promise<void>>();
    loop_.post([&, opened] {
      connect(loop_, url, std::move(headers), 20000, [this, opened](SocketPtr socket, ClientResult result) {
        socket_ = std::move(socket);
        result_ = std::move(result);
        if (socket_) listen();
        opened->set_value();
      });
    });
    opened->get_future().get();
  }
  ~TestClient() {
    // Moved: the last reference must go on the loop's thread, which keeps the account of open sockets.
    if (socket_) loop_.post([socket = std::move(socket_)] { socket->reset(); });
  }

  bool connected() const { return socket_ != nullptr; }
  const ClientResult& result() const { return result_; }
  void send(const nlohmann::json& message) { sendText(message.dump()); }
  void sendText(std::string text, bool as_text = true) {
    loop_.post(
        [socket = socket_, text = std::move(text), as_text]() mutable { socket->send(std::move(text), as_text); });
  }
  void close(unsigned code, std::string reason = {}) {
    loop_.post([socket = socket_, code, reason = std::move(reason)] { socket->close(code, reason); });
  }

  /// The next message that `wanted` accepts; what comes before it is kept in seen(). Throws when it does not come.
  template <class Wanted>
  nlohmann::json next(Wanted wanted) {
    std::unique_lock lock(inbox_->mutex);
    for (;;) {
      while (!inbox_->messages.empty()) {
        nlohmann::json message = std::move(inbox_->messages.front());
        inbox_->messages.pop_front();
        seen_.push_back(message);
        if (wanted(message)) return message;
      }
      if (inbox_->code) throw std::runtime_error("closed with " + std::to_string(inbox_->code) + " " + inbox_->reason);
      if (inbox_->changed.wait_for(lock, kPatience) == std::cv_status::timeout)
        throw std::runtime_error("no such message");
    }
  }
  nlohmann::json type(const std::string& name) {
    return next([&](const nlohmann::json& m) { return m.value("type", "") == name; });
  }
  nlohmann::json key(const char* name) {
    return next([&](const nlohmann::json& m) { return m.contains(name); });
  }
  unsigned closeCode() {
    std::unique_lock lock(inbox_->mutex);
    if (!inbox_->changed.wait_for(lock, kPatience, [&] { return inbox_->code != 0; }))
      throw std::runtime_error("still open");
    return inbox_->code;
  }
  std::string closeReason() { return closeCode(), inbox_->reason; }
  const std::vector<nlohmann::json>& seen() const { return seen_; }
  std::size_t binaryFrames() const {
    const std::lock_guard lock(inbox_->mutex);
    return inbox_->binary;
  }

 private:
  struct Inbox {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<nlohmann::json> messages;
    unsigned code = 0;
    std::string reason;
    std::size_t binary = 0;
  };
  void listen() {
    Socket::Handlers handlers;
    handlers.onMessage = [inbox = inbox_](std::string_view payload, bool text) {
      const std::lock_guard lock(inbox->mutex);
      auto message = nlohmann::json::parse(payload, nullptr, false);
      inbox->messages.push_back(message.is_discarded() ? nlohmann::json{{"not_json", std::string(payload)}}
                                                       : std::move(message));
      inbox->binary += !text;
      inbox->changed.notify_all();
    };
    handlers.onClose = [inbox = inbox_](unsigned code, std::string_view reason) {
      const std::lock_guard lock(inbox->mutex);
      inbox->code = code;
      inbox->reason = reason;
      inbox->changed.notify_all();
    };
    socket_->start(std::move(handlers));
  }
  Loop& loop_;
  std::shared_ptr<Inbox> inbox_;
  SocketPtr socket_;
  ClientResult result_;
  std::vector<nlohmann::json> seen_;
};

/// One HTTP request, waited for.
inline ClientResult ask(Loop& loop, const std::string& method, const std::string& url, Headers headers = {},
                        std::string body = {}) {
  auto answer = std::make_shared<std::promise<ClientResult>>();
  loop.post([&, answer] {
    request(loop, method, url, std::move(headers), std::move(body), 20000,
            [answer](ClientResult result) { answer->set_value(std::move(result)); });
  });
  return answer->get_future().get();
}

/// Run on the loop and wait; the result comes back, and so does an exception.
template <class Task>
auto onLoop(Loop& loop, Task task) -> decltype(task()) {
  auto wrapped = std::make_shared<std::packaged_task<decltype(task())()>>(std::move(task));
  auto result = wrapped->get_future();
  loop.post([wrapped] { (*wrapped)(); });
  return result.get();
}

/// Ask again until `fine` says so; what crosses a socket arrives when it arrives.
template <class Probe, class Fine>
nlohmann::json eventually(Loop& loop, Probe probe, Fine fine) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    nlohmann::json value = onLoop(loop, probe);
    if (fine(value) || std::chrono::steady_clock::now() > end) return value;
    auto tick = std::make_shared<std::promise<void>>();
    loop.post([&loop, tick] { loop.after(5, [tick] { tick->set_value(); }); });
    tick->get_future().get();
  }
}

}  // namespace fakes
