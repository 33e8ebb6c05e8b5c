// What arrives at a service manager's socket.
#include "host/app/service_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <future>
#include <stdexcept>

namespace {

using namespace hookswitch::app;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::StartsWith;

std::int64_t monotonicUs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000LL + now.tv_nsec / 1000;
}

/// The manager's end. `name` as in NOTIFY_SOCKET.
class Manager {
 public:
  explicit Manager(std::string name) : name_(std::move(name)) {
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name_.data(), name_.size());
    if (name_[0] == '@') address.sun_path[0] = '\0';
    const auto size = socklen_t(offsetof(sockaddr_un, sun_path) + name_.size() + (name_[0] == '/' ? 1 : 0));
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0) << std::strerror(errno);
    const timeval patience{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Manager() {
    ::close(fd_);
    if (name_[0] == '/') ::unlink(name_.c_str());
  }
  std::string next() {
    char bytes[1024];
    const ssize_t size = ::recv(fd_, bytes, sizeof bytes, 0);
    return size < 0 ? "nothing" : std::string(bytes, std::size_t(size));
  }
  bool empty() {
    char byte;
    return ::recv(fd_, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0;
  }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  int fd_ = -1;
};

std::string abstractName() { return "@hookswitch-test-" + std::to_string(::getpid()); }

class Life : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Sockets, Life, testing::Values(true, false),
                         [](const auto& p) { return p.param ? "Abstract" : "Path"; });

TEST_P(Life, IsToldInTheLinesOfTheProtocol) {
  Manager manager(
      GetParam()
          ? abstractName()
          : (std::filesystem::temp_directory_path() / ("hookswitch-test-" + std::to_string(::getpid()))).string());
  ServiceManager service({manager.name(), {}});
  service.ready("listening on port 8080");
  EXPECT_EQ(manager.next(), "READY=1\nSTATUS=listening on port 8080");
  const std::int64_t before = monotonicUs();
  service.reloading();
  const std::string reload = manager.next(), beginning = "RELOADING=1\nMONOTONIC_USEC=";
  ASSERT_THAT(reload, StartsWith(beginning));
  const std::int64_t at = std::stoll(reload.substr(beginning.size()));
  EXPECT_GE(at, before);
  EXPECT_LE(at, monotonicUs());
  service.status("two\nlines\nREADY=0");
  EXPECT_EQ(manager.next(), "STATUS=two lines READY=0");
  service.stopping("draining", std::chrono::seconds(90));
  EXPECT_EQ(manager.next(), "STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=90000000");
  EXPECT_TRUE(manager.empty());
}

TEST(Watchdog, IsFedWhileTheGatewayAnswers) {
  Manager manager(abstractName());
  std::atomic<int> asked{0};
  std::atomic<long> patience{0};
  {
    ServiceManager service({manager.name(), milliseconds(20)});
    service.watch([&](milliseconds limit) {
      ++asked;
      patience = limit.count();
      return true;
    });
    for (int i = 0; i < 3; ++i) EXPECT_EQ(manager.next(), "WATCHDOG=1");
  }
  EXPECT_GE(asked, 3);
  EXPECT_EQ(patience, 10);
}

TEST(Watchdog, StarvesWhileTheGatewayDoesNotAnswerAndIsFedWhenItDoes) {
  Manager manager(abstractName());
  std::atomic<bool> answers{false};
  std::atomic<int> asked{0};
  std::promise<void> often;
  ServiceManager service({manager.name(), milliseconds(20)});
  service.watch([&](milliseconds) {
    if (++asked == 10) often.set_value();
    if (asked % 2 && !answers) throw std::runtime_error("a probe that fails says no");
    return answers.load();
  });
  often.get_future().wait();
  EXPECT_TRUE(manager.empty());
  answers = true;
  EXPECT_EQ(manager.next(), "WATCHDOG=1");
}

TEST(Watchdog, DoesNotAskWhenNobodyWantsToKnow) {
  Manager manager(abstractName());
  std::atomic<int> asked{0};
  const auto probe = [&](milliseconds) { return ++asked > 0; };
  {
    ServiceManager no_watchdog({manager.name(), {}}), no_manager({"", milliseconds(1)});
    no_watchdog.watch(probe);
    no_manager.watch(probe);
    no_manager.ready("nobody hears it");
    no_watchdog.ready("heard");
    EXPECT_EQ(manager.next(), "READY=1\nSTATUS=heard");
  }
  EXPECT_EQ(asked, 0);
}

TEST(ServiceAddress, OfAnotherKindOrTooLongOrWithoutAListenerHarmsNothing) {
  for (const std::string& name : {std::string("vsock:2:1234"), std::string("/"), "/" + std::string(200, 'x'),
                                  std::string("/nowhere/at/all"), abstractName()}) {
    EXPECT_NO_THROW({
      ServiceManager service({name, milliseconds(1)});
      service.ready("x");
      service.stopping("x", std::chrono::seconds(1));
    }) << name;
  }
}

class Environment : public testing::Test {
 protected:
  void TearDown() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
};

TEST_F(Environment, IsReadAsTheManagerSetsIt) {
  EXPECT_EQ(ServiceEnvironment::read().notify_socket, "");
  EXPECT_EQ(ServiceEnvironment::read().watchdog, microseconds(0));
  ::setenv("NOTIFY_SOCKET", "/run/systemd/notify", 1);
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(ServiceEnvironment::read().notify_socket, "/run/systemd/notify");
  EXPECT_EQ(ServiceEnvironment::read().watchdog, std::chrono::seconds(30));
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(ServiceEnvironment::read().watchdog, std::chrono::seconds(30));
}

TEST_F(Environment, AWatchdogForAnotherProcessOrOfNonsenseIsNone) {
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getppid()).c_str(), 1);
  EXPECT_EQ(ServiceEnvironment::read().watchdog, microseconds(0));
  ::unsetenv("WATCHDOG_PID");
  for (const char* nonsense : {"", "-1", "soon", "10s", "99999999999999999999999999"}) {
    ::setenv("WATCHDOG_USEC", nonsense, 1);
    EXPECT_EQ(ServiceEnvironment::read().watchdog, microseconds(0)) << nonsense;
  }
}

}  // namespace
