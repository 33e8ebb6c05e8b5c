// What comes to the reception of the HTTP server from other threads. Private to host/net.
#pragma once

#include "host/net/http_server.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace hookswitch::net {

/// Answers on their way from any thread to the reception. Outlives the server inside responders. [any]
class HttpMailbox {
 public:
  struct Answer {
    std::uint64_t connection = 0;
    HttpReply reply;
    UpgradeCallback upgrade;  ///< set: accept the upgrade, with the next
    std::string accept_key;
    enum class Kind : std::uint8_t { reply = 1, part = 2, last_part = 3, broken = 4 };  ///< parts are in reply.body
    Kind kind = Kind::reply;
  };

  HttpMailbox();
  ~HttpMailbox();
  void put(Answer answer);
  std::vector<Answer> takeAll();
  void wake();
  int fd() const { return fd_; }

 private:
  int fd_;
  std::mutex mutex_;
  std::vector<Answer> answers_;
};

}  // namespace hookswitch::net
