// One line of text for a file, made where nothing may be allocated and nothing may lock.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace hookswitch::plugin {

/// Async-signal-safe. What does not fit is left out.
class SignalLine {
 public:
  void text(const char* s) { bytes(s, std::strlen(s)); }
  /// What would break a line or a column becomes '?'.
  void bytes(const char* s, std::size_t size) {
    for (std::size_t i = 0; i < size && used_ + 2 < sizeof data_; ++i)
      data_[used_++] = s[i] > ' ' && s[i] < 0x7f ? s[i] : '?';
  }
  void number(std::uint64_t n) {
    char digits[20];
    std::size_t count = 0;
    do {
      digits[count++] = char('0' + n % 10);
    } while (n /= 10);
    while (count && used_ + 2 < sizeof data_) data_[used_++] = digits[--count];
  }
  void tab() {
    if (used_ + 2 < sizeof data_) data_[used_++] = '\t';
  }
  void end() { data_[used_++] = '\n'; }
  void write(int fd) const {
    if (::write(fd, data_, used_) < 0) {}  // nobody is left to hear of it
  }

 private:
  char data_[640];
  std::size_t used_ = 0;
};

}  // namespace hookswitch::plugin
