// A child process of a test: started, watched, killed; its output is kept in a file.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace system_test {

/// How long a test waits for what must come, on a machine that is busy with something else. Never a measurement: what
/// comes sooner is noticed at once.
constexpr int patience_ms = 60'000;

class Process {
 public:
  /// stdout and stderr go to `output_file`. The child dies with the test.
  Process(std::vector<std::string> command, std::string output_file, std::vector<std::string> environment = {});
  ~Process();  ///< SIGKILL, if it still runs
  Process(const Process&) = delete;

  void signal(int number);
  bool running();
  /// Exit code, or 128 + signal; none when it still runs after `timeout_ms`.
  std::optional<int> wait(int timeout_ms);
  pid_t pid() const { return pid_; }
  std::string output() const;
  /// The line with this text, once it has been written; empty when that does not happen in time.
  std::string lineWith(const std::string& text, int timeout_ms = patience_ms);
  /// A number out of /proc/<pid>/status, such as "Threads" or "VmRSS"; -1 when it is gone.
  long status(const std::string& field) const;

 private:
  pid_t pid_ = -1;
  std::string output_file_;
  std::optional<int> code_;
};

constexpr int nap_ms = 10;  ///< between two questions of until()

/// Ask again every few milliseconds until `holds` does; false after `timeout_ms`.
template <class Predicate>
bool until(Predicate holds, int timeout_ms = patience_ms);

void nap(int ms);  ///< between two questions of until(), never instead of one
long long nowMs();

template <class Predicate>
bool until(Predicate holds, int timeout_ms) {
  for (const long long end = nowMs() + timeout_ms;;) {
    if (holds()) return true;
    if (nowMs() >= end) return false;
    nap(nap_ms);
  }
}

}  // namespace system_test
