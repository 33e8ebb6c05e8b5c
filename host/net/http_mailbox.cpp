#include "host/net/http_mailbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace hookswitch::net {

HttpMailbox::HttpMailbox() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) throw std::runtime_error("Cannot make an eventfd: " + std::generic_category().message(errno));
}

HttpMailbox::~HttpMailbox() { ::close(fd_); }

void HttpMailbox::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);  // full means: a wake-up is pending already
}

void HttpMailbox::put(Answer answer) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    answers_.push_back(std::move(answer));
  }
  wake();
}

std::vector<HttpMailbox::Answer> HttpMailbox::takeAll() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd_, &count, sizeof count);
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(answers_, {});
}

}  // namespace hookswitch::net
