// The other side of host/test_points.hpp: what a test asked for in the environment or in the page it shares with us.
//
//   HOOKSWITCH_CUT      label[@detail][#n]: die at the n-th passing (1) since the start
//   HOOKSWITCH_PAUSE    label: whoever passes there sleeps for a second, as on a machine that has other things to do
//   HOOKSWITCH_CUT_LOG  file to which every passing is appended, one line "label@detail"
//   HOOKSWITCH_PAGE     file of a testpoint::Page: moves the clocks, and arms a cut while the process runs
#include "host/test_points.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "tests/crash/test_page.hpp"

namespace hookswitch::testpoint {
namespace {

struct Wish {
  std::string name;        ///< label, or label@detail
  unsigned long left = 0;  ///< passings until the end; 0: nothing is wished
  void set(const std::string& text) {
    const std::size_t hash = text.rfind('#');
    name = text.substr(0, hash);
    left = name.empty() ? 0 : hash == std::string::npos ? 1 : std::strtoul(text.c_str() + hash + 1, nullptr, 10);
  }
};

struct State {
  std::mutex mutex;
  Wish start, armed;
  std::uint32_t seen = 0;
  int log = -1;
  const Page* page = nullptr;

  State() {
    if (const char* cut = std::getenv("HOOKSWITCH_CUT")) start.set(cut);
    if (const char* file = std::getenv("HOOKSWITCH_CUT_LOG"))
      log = ::open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (const char* file = std::getenv("HOOKSWITCH_PAGE")) {
      const int fd = ::open(file, O_RDONLY | O_CLOEXEC);
      void* at = fd < 0 ? MAP_FAILED : ::mmap(nullptr, sizeof(Page), PROT_READ, MAP_SHARED, fd, 0);
      if (at != MAP_FAILED) page = static_cast<const Page*>(at);
      if (fd >= 0) ::close(fd);
    }
  }

  void passing(const std::string& label, const std::string& full) {
    std::lock_guard<std::mutex> lock(mutex);
    if (page) {
      const std::uint32_t now = __atomic_load_n(&page->armed, __ATOMIC_ACQUIRE);
      if (now != seen) {
        seen = now;
        armed.set(page->cut);
      }
    }
    if (log >= 0 && ::write(log, (full + "\n").data(), full.size() + 1) < 0) ::raise(SIGABRT);
    for (Wish* wish : {&start, &armed})
      if (wish->left && (wish->name == label || wish->name == full) && --wish->left == 0) ::raise(SIGKILL);
  }
};

State& state() {
  static State* s = new State;  // threads may pass cut points while the process ends
  return *s;
}

class MovedClock final : public base::Clock {
  std::int64_t livedUs() const override { return system().livedUs() + monotonicUs(); }
  std::int64_t allUs() const override { return system().allUs() + monotonicUs(); }
  std::int64_t pacingUs() const override { return system().pacingUs(); }
  std::uint64_t unixMs() const override {
    return std::uint64_t(std::int64_t(system().unixMs()) +
                         (page() ? __atomic_load_n(&page()->wall_ms, __ATOMIC_RELAXED) : 0));
  }
  int longestSleepMs() const override { return 20; }  // a test that moves it wakes nobody

  static const Page* page() { return state().page; }
  static std::int64_t monotonicUs() {
    return page() ? __atomic_load_n(&page()->monotonic_ms, __ATOMIC_RELAXED) * 1000 : 0;
  }
};

}  // namespace

void cut(const char* label, const std::string& detail) {
  static const char* const pause = std::getenv("HOOKSWITCH_PAUSE");
  if (pause && std::string(pause) == label) std::this_thread::sleep_for(std::chrono::seconds(1));
  state().passing(label, detail.empty() ? label : label + ("@" + detail));
}

const base::Clock& clock() {
  static const MovedClock moved;
  return moved;
}

}  // namespace hookswitch::testpoint
