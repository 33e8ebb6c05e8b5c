// HTTP as the carrier needs it to place calls: requests that the loop makes and answers without blocking.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tests/bench/storm/loop.hpp"

namespace storm {

struct Reply {
  int status = 0;  ///< 0: no answer
  std::string body;
};

/// One request to 127.0.0.1 on a connection of its own. `done` is called once, from the loop or at once.
void request(Loop& loop, int port, const std::string& method, const std::string& target, const std::string& type,
             const std::string& body, std::function<void(const Reply&)> done);

using Handle = std::function<Reply(std::string_view method, std::string_view target, std::string_view body)>;

/// A server on a port of its own, as long as the loop.
class HttpServer final : public Source {
 public:
  HttpServer(Loop& loop, Handle handle);
  ~HttpServer() override;
  void ready(std::uint32_t events) override;
  int port() const { return port_; }

 private:
  Loop& loop_;
  Handle handle_;
  int port_ = 0, fd_;
};

/// The value of a field of a form or of a JSON text, as far as the messages of a call have such: without escapes.
std::string formField(std::string_view form, std::string_view name);
std::string percentEncoded(std::string_view text);

}  // namespace storm
