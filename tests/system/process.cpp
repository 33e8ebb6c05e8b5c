#include "tests/system/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace system_test {

void nap(int ms) { ::poll(nullptr, 0, ms); }

long long nowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Process::Process(std::vector<std::string> command, std::string output_file, std::vector<std::string> environment)
    : output_file_(std::move(output_file)) {
  // Everything is prepared before the fork: between fork and exec only async-signal-safe calls are allowed.
  std::vector<char*> argv;
  for (auto& part : command) argv.push_back(part.data());
  argv.push_back(nullptr);
  std::vector<char*> envp;
  for (auto& e : environment) envp.push_back(e.data());
  for (char** e = environ; *e; ++e) envp.push_back(*e);
  envp.push_back(nullptr);
  const int out = ::open(output_file_.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, 0600);
  if (out < 0) throw std::runtime_error("cannot write " + output_file_);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::close(out);
    ::execve(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(out);
  if (pid_ < 0) throw std::runtime_error("cannot start " + command[0]);
}

Process::~Process() {
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  wait(10000);
}

void Process::signal(int number) {
  if (running()) ::kill(pid_, number);
}

bool Process::running() { return !wait(0); }

std::optional<int> Process::wait(int timeout_ms) {
  const long long end = nowMs() + timeout_ms;
  while (!code_) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_)
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    else if (nowMs() >= end)
      return std::nullopt;
    else
      nap(5);
  }
  return code_;
}

std::string Process::output() const {
  std::ifstream in(output_file_);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string Process::lineWith(const std::string& text, int timeout_ms) {
  std::string found;
  until(
      [&] {
        std::istringstream in(output());
        for (std::string line; std::getline(in, line);)
          if (line.find(text) != std::string::npos && !in.eof()) {
            found = line;
            return true;
          }
        return !running();
      },
      timeout_ms);
  return found;
}

long Process::status(const std::string& field) const {
  std::ifstream in("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(in, line);)
    if (line.compare(0, field.size() + 1, field + ":") == 0) return std::stol(line.substr(field.size() + 1));
  return -1;
}

}  // namespace system_test
