// The end of a socket whose last word is on its way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "host/base/loop.hpp"
#include "host/net/stream.hpp"

namespace hookswitch::net {

/// Closing a socket while the peer is still sending makes the kernel answer with RST, which can destroy what was said
/// last, such as a close code, before the peer has read it. So: send the rest, say FIN, then read and drop until the
/// peer closes too, for `longest_ms` and `most_bytes` at most. Belongs to its loop. [loop]
class Farewell final : public base::FdHandler {
 public:
  /// The stream is in no loop; `unsent` is what it has still to be given.
  static void begin(base::Loop& loop, std::unique_ptr<Stream> stream, std::string unsent);
  ~Farewell() override;

  static constexpr std::uint32_t longest_ms = 2'000;
  static constexpr std::size_t most_bytes = 64 * 1024 * 1024;

 private:
  Farewell(base::Loop& loop, std::unique_ptr<Stream> stream, std::string unsent);
  void onEvents(std::uint32_t epoll_events) override;
  bool failed(const std::string& why) override;
  /// False when it is over.
  bool goOn();
  bool send();
  bool drop();

  base::Loop& loop_;
  std::unique_ptr<Stream> stream_;
  std::string out_;
  std::size_t sent_ = 0, dropped_ = 0;
  std::uint32_t watched_ = 0;
  bool said_ = false, want_write_ = false;
  base::Loop::TimerId timer_ = 0;
};

}  // namespace hookswitch::net
