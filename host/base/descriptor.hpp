// A file descriptor that is closed with its scope, and what the system says of a failure. [any]
#pragma once

#include <unistd.h>

#include <string>
#include <system_error>

namespace hookswitch::base {

/// Negative: none, as open() answers.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  operator int() const { return fd_; }

 private:
  int fd_;
};

/// Of errno, in words.
inline std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace hookswitch::base
