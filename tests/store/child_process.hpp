// The helper process of child.cpp, and what it says.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace store_test {

class Child {
 public:
  explicit Child(std::vector<std::string> arguments);
  ~Child();  ///< kill()
  Child(const Child&) = delete;
  std::string line();  ///< waits for it; empty: it has ended
  int kill();          ///< SIGKILL unless it has ended; the signal that it died of, 0: none
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  int in_ = -1, out_ = -1, status_ = 0;
  bool over_ = false;
};

}  // namespace store_test
