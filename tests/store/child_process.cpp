#include "child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

extern char** environ;

namespace store_test {

Child::Child(std::vector<std::string> arguments) {
  std::array<int, 2> in{}, out{};
  if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  std::string program = HOOKSWITCH_STORE_CHILD;
  std::vector<char*> argv{program.data()};
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const int failed = ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(in[0]);
  ::close(out[1]);
  in_ = in[1];
  out_ = out[0];
  if (failed) throw std::runtime_error("the helper process does not start");
}

Child::~Child() {
  kill();
  ::close(in_);
  ::close(out_);
}

std::string Child::line() {
  std::string text;
  char c;
  while (::read(out_, &c, 1) == 1 && c != '\n') text += c;
  return text;
}

int Child::kill() {
  if (!over_) {
    ::kill(pid_, SIGKILL);  // one that has ended is a zombie until the next line: no other process can be meant
    ::waitpid(pid_, &status_, 0);
    over_ = true;
  }
  return WIFSIGNALED(status_) ? WTERMSIG(status_) : 0;
}

}  // namespace store_test
