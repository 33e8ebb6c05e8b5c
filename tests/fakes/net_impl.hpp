// What the parts of net.cpp share. Only net*.cpp may include this: Beast must not leak into the fakes.
#pragma once

#include "tests/fakes/net.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <set>
#include <thread>
#include <unordered_map>

namespace fakes {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using boost::system::error_code;
using Plain = tcp::socket;
using Tls = beast::ssl_stream<tcp::socket>;

/// Something that may outlive its last user because its own handlers refer to it; the loop
/// breaks such knots at the end.
struct Abandonable {
  virtual void abandon() = 0;

 protected:
  ~Abandonable() = default;
};

struct Loop::Impl {
  struct Timer {
    explicit Timer(asio::io_context& io) : timer(io) {}
    asio::steady_timer timer;
    std::function<void()> task;
    std::chrono::microseconds period{0};  ///< 0: fires once
  };
  void arm(TimerId id, const std::shared_ptr<Timer>& timer);

  // Before `io`: what still waits in it when it is destroyed looks itself up here.
  std::unordered_map<TimerId, std::shared_ptr<Timer>> timers;
  std::set<Abandonable*> open;  ///< sockets that are alive

  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  asio::ssl::context client_tls{asio::ssl::context::tls_client};
  TimerId next_timer = 1;
  std::thread thread;
};

/// RST instead of FIN.
inline void resetTcp(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

inline Headers copyHeaders(const beast::http::fields& fields) {
  Headers headers;
  for (const auto& field : fields) headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  return headers;
}

}  // namespace fakes
