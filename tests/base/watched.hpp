// Which descriptors somebody waits for, as the kernel knows it.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

namespace base_test {

/// Is the descriptor in an epoll set of this process?
inline bool isWatched(int fd) {
  for (auto& info : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream in(info.path());
    for (std::string word; in >> word;)
      if (int watched = -1; word == "tfd:" && in >> watched && watched == fd) return true;
  }
  return false;
}

}  // namespace base_test
