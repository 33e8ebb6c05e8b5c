// One epoll loop for everything that the generator and the floor do: both are a single thread.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace storm {

std::int64_t nowNs();  ///< monotonic
constexpr std::int64_t second_ns = 1'000'000'000;

/// Something with a descriptor in the loop.
class Source {
 public:
  virtual ~Source() = default;
  virtual void ready(std::uint32_t events) = 0;  ///< EPOLLIN, EPOLLOUT, ...
};

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;

  void add(int fd, Source& source, bool write);
  void change(int fd, Source& source, bool write);
  /// Waits until something is ready or `until_ns` has come, and lets every source do its work. -1: without end.
  void step(std::int64_t until_ns);
  /// Keeps a source until it is let go, or as long as the loop.
  template <class Guest>
  Guest& keep(std::unique_ptr<Guest> guest) {
    Guest& kept = *guest;
    guests_.emplace(&kept, std::move(guest));
    return kept;
  }
  /// It goes when the events at hand have been dealt with.
  void letGo(Source& guest);

 private:
  int fd_;
  std::unordered_map<Source*, std::unique_ptr<Source>> guests_;
  std::vector<std::unique_ptr<Source>> gone_;
};

}  // namespace storm
