#include "host/app/service_manager.hpp"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

#include "host/base/barrier.hpp"
#include "host/base/log.hpp"
#include "host/base/result.hpp"

namespace hookswitch::app {
namespace {

constexpr const char* component = "service";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// 0 for what is not a number.
std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

std::string statusLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');  // a line break would begin another assignment
  return "STATUS=" + text;
}

}  // namespace

ServiceEnvironment ServiceEnvironment::read() {
  ServiceEnvironment environment;
  environment.notify_socket = variable("NOTIFY_SOCKET");
  const std::string pid = variable("WATCHDOG_PID");
  if (pid.empty() || number(pid) == std::uint64_t(::getpid()))
    environment.watchdog =
        std::chrono::microseconds(std::min<std::uint64_t>(number(variable("WATCHDOG_USEC")), 1ull << 50));
  return environment;
}

struct ServiceManager::Impl {
  ServiceEnvironment environment;
  int fd = -1;
  sockaddr_un address{};
  socklen_t address_size = 0;
  std::atomic<bool> complained{false};
  std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;
  std::thread watchdog;

  base::Result<void> open() {
    const std::string& name = environment.notify_socket;
    if (name.empty()) return {};
    if (name.size() < 2 || (name[0] != '/' && name[0] != '@'))
      return base::Failure("NOTIFY_SOCKET is '" + name + "'; expected an absolute path or '@' and an abstract name");
    if (name.size() >= sizeof address.sun_path)
      return base::Failure("NOTIFY_SOCKET has " + std::to_string(name.size()) +
                           " characters; a socket's address takes " + std::to_string(sizeof address.sun_path - 1));
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    // An abstract name is as long as it is; a path carries its zero.
    address_size = socklen_t(offsetof(sockaddr_un, sun_path) + name.size() + (name[0] == '/' ? 1 : 0));
    fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return base::Failure("no socket: " + std::string(std::strerror(errno)));
    // A manager that reads nothing must not hold us, and one that is only slow must not miss READY.
    const timeval patience{5, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return {};
  }

  void complain(const std::string& why) {
    if (!complained.exchange(true)) log::warn(component, "the service manager cannot be told anything: " + why);
  }

  void send(const std::string& message) {
    if (fd < 0) return;
    const ssize_t sent = ::sendto(fd, message.data(), message.size(), MSG_NOSIGNAL,
                                  reinterpret_cast<const sockaddr*>(&address), address_size);
    if (sent < 0) complain(std::strerror(errno));
  }

  void run(const Probe& probe) {
    const auto half = std::max(environment.watchdog / 2, std::chrono::microseconds(1000));
    const auto patience =
        std::max(std::chrono::duration_cast<std::chrono::milliseconds>(half), std::chrono::milliseconds(1));
    bool answered = true;
    for (;;) {
      const auto next = std::chrono::steady_clock::now() + half;
      base::guarded(component, "a look of the watchdog", [&] {
        const bool before = std::exchange(answered, ask(probe, patience));
        if (answered) send("WATCHDOG=1");
        if (before && !answered)
          log::error(component, "the control thread has not answered for " + std::to_string(patience.count()) +
                                    " ms; the service manager will end the process");
        if (!before && answered) log::notice(component, "the control thread answers again");
      });
      std::unique_lock<std::mutex> lock(mutex);
      const auto again = std::min(next, std::chrono::steady_clock::now() + std::chrono::milliseconds(10));
      if (wake.wait_until(lock, answered ? next : again, [this] { return stopping; })) return;
    }
  }

  static bool ask(const Probe& probe, std::chrono::milliseconds patience) {
    try {
      return probe(patience);
    } catch (...) {
      return false;
    }
  }
};

ServiceManager::ServiceManager(ServiceEnvironment environment) : impl_(std::make_unique<Impl>()) {
  impl_->environment = std::move(environment);
  if (const auto opened = impl_->open(); !opened) impl_->complain(opened.error());
}

ServiceManager::~ServiceManager() {
  {
    const std::lock_guard<std::mutex> lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_all();
  if (impl_->watchdog.joinable()) impl_->watchdog.join();
  if (impl_->fd >= 0) ::close(impl_->fd);
}

void ServiceManager::ready(const std::string& status) { impl_->send("READY=1\n" + statusLine(status)); }

void ServiceManager::reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  impl_->send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.tv_sec * 1'000'000LL + now.tv_nsec / 1000));
}

void ServiceManager::stopping(const std::string& status, std::chrono::seconds limit) {
  impl_->send("STOPPING=1\n" + statusLine(status) +
              "\nEXTEND_TIMEOUT_USEC=" + std::to_string(std::chrono::microseconds(limit).count()));
}

void ServiceManager::status(const std::string& text) { impl_->send(statusLine(text)); }

void ServiceManager::watch(Probe probe) {
  if (impl_->fd < 0 || impl_->environment.watchdog.count() == 0 || impl_->watchdog.joinable()) return;
  impl_->watchdog = std::thread([impl = impl_.get(), probe = std::move(probe)] { impl->run(probe); });
  pthread_setname_np(impl_->watchdog.native_handle(), "watchdog");
}

}  // namespace hookswitch::app
