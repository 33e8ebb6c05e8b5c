#include "host/plugin/steps.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <mutex>
#include <string_view>
#include <system_error>

#include "host/plugin/blame.hpp"
#include "host/plugin/signal_line.hpp"

namespace hookswitch::plugin {
namespace {

constexpr int fatal_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
constexpr const char* signal_names[] = {"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGTRAP", "SIGSYS"};
constexpr std::size_t stack_bytes = 64 * 1024, max_about = 160;
constexpr int restart_me = 3;  // app::internal: a supervisor starts us again

std::atomic<int> file{-1}, next{-1};  // next: what is being put in the place of file; never closed
std::atomic<bool> noted{false}, replacing{false};
std::atomic<pid_t> here{-1};  // whose deaths are written: what a plugin forks ends as it likes
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;  // whose report is worth more than the signal
#else
constexpr bool sanitized = false;  // Poco's handlers turn every fault into an abort() and hide where it was
#endif
struct sigaction before[std::size(fatal_signals)];

std::mutex mutex;  // guards all_slots, free_slots
std::vector<StepSlot*>& allSlots() {
  static auto* all = new std::vector<StepSlot*>;
  return *all;
}
std::vector<StepSlot*>& freeSlots() {
  static auto* all = new std::vector<StepSlot*>;
  return *all;
}

thread_local StepSlot* mine = nullptr;

bool inStep();
void leave();

/// The slot goes to the next thread, and the stack back to the system, when the thread ends.
struct Tenancy {
  void* stack = MAP_FAILED;
  void begin() {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      if (freeSlots().empty()) {
        allSlots().push_back(new StepSlot);
        mine = allSlots().back();
      } else {
        mine = freeSlots().back();
        freeSlots().pop_back();
      }
    }
    // A step that has used up its stack has none left for the handler. A sanitizer brings a stack of its own.
    stack_t old{};
    if (::sigaltstack(nullptr, &old) != 0 || !(old.ss_flags & SS_DISABLE)) return;
    stack = ::mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED) return;
    stack_t own{};
    own.ss_sp = stack;
    own.ss_size = stack_bytes;
    ::sigaltstack(&own, nullptr);
  }
  ~Tenancy() {
    if (stack != MAP_FAILED) {
      stack_t none{};
      none.ss_flags = SS_DISABLE;
      ::sigaltstack(&none, nullptr);
      ::munmap(stack, stack_bytes);
    }
    if (!mine) return;
    leave();  // exit() takes down what belongs to its thread before all else
    const std::lock_guard<std::mutex> lock(mutex);
    freeSlots().push_back(mine);
    mine = nullptr;
  }
};

/// Async-signal-safe.
void note(const StepSlot& slot, const char* how) {
  const Stepped* who = slot.who.load(std::memory_order_acquire);
  const int fd = file.load(std::memory_order_relaxed);
  // Once: what the first death leads to (a handler that aborts, destructors that crash) is no other one.
  if (!who || fd < 0 || ::getpid() != here.load() || noted.exchange(true)) return;
  const bool both = replacing.load();  // either of the two may have the name in the end
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  SignalLine line;
  line.text("death"), line.tab();
  line.number(std::uint64_t(now.tv_sec) * 1000 + std::uint64_t(now.tv_nsec) / 1'000'000), line.tab();
  line.text(how), line.tab();
  line.bytes(who->plugin.data(), who->plugin.size()), line.tab();
  line.text(who->role), line.tab();
  line.number(slot.type.load(std::memory_order_relaxed)), line.tab();
  line.number(slot.phase.load(std::memory_order_relaxed)), line.tab();
  const std::size_t size = slot.about_size.load(std::memory_order_relaxed);
  if (size)
    line.bytes(slot.about.load(std::memory_order_relaxed), std::min(size, max_about));
  else
    line.bytes(who->call.data(), std::min(who->call.size(), max_about));
  line.end();
  line.write(fd);
  if (both) line.write(next.load());
}

void onFatal(int number, siginfo_t* info, void*) {
  const int error = errno;
  // What somebody sent says nothing of the plugin that happened to run; abort() and raise() come from this process.
  const bool raised = info->si_code > 0 || (info->si_code == SI_TKILL && info->si_pid == ::getpid());
  std::size_t i = 0;
  while (i + 1 < std::size(fatal_signals) && fatal_signals[i] != number) ++i;
  if (raised && mine) note(*mine, signal_names[i]);
  // The instruction that failed fails again when this returns, and then the signal takes its course.
  struct sigaction course {};
  course.sa_handler = SIG_DFL;
  ::sigaction(number, sanitized ? &before[i] : &course, nullptr);
  if (info->si_code <= 0) ::raise(number);
  errno = error;
}

bool inStep() { return mine && mine->who.load(std::memory_order_relaxed) && ::getpid() == here.load(); }

[[noreturn]] void endProcess(int status) {
  for (;;) ::syscall(SYS_exit_group, status);
}

/// Nobody but the main thread ends this process, and never inside of a step.
void leave() {
  if (!inStep()) return;
  note(*mine, "exit");
  endProcess(restart_me);
}

void install() {
  // Once before plugins are loaded, once after: a library that brings handlers of its own does not have the last word.
  static std::atomic<int> calls{0};
  if (++calls > 2) return;
  struct sigaction action {};
  action.sa_sigaction = &onFatal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < std::size(fatal_signals); ++i) {
    struct sigaction old {};
    ::sigaction(fatal_signals[i], &action, &old);
    if (!(old.sa_flags & SA_SIGINFO) || old.sa_sigaction != &onFatal) before[i] = old;
  }
  // What was registered last runs first, and what plugins registered when they were loaded should not run at all.
  std::atexit(&leave);
  std::at_quick_exit(&leave);
}

base::Result<int> openDeaths(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return base::Failure(path + " cannot be written (" + std::generic_category().message(errno) + ")");
  return fd;
}

/// The number stays the same for whoever has read it: a signal handler must never write into a stranger's file.
void takePlace(std::atomic<int>& number, int fd) {
  const int old = number.load();
  if (old < 0) {
    number = fd;
    return;
  }
  ::dup3(fd, old, O_CLOEXEC);
  ::close(fd);
}

}  // namespace

StepSlot& stepSlot() {
  if (!mine) {
    static thread_local Tenancy tenancy;
    tenancy.begin();
  }
  return *mine;
}

void Step::describe(const hks_msg& message) {
  constexpr auto relaxed = std::memory_order_relaxed;
  if (message.type == HKS_CALL_PHASE) slot_.phase.store(reinterpret_cast<const hks_phase&>(message).phase, relaxed);
  const hks_str about = blame::aboutOf(message);
  slot_.about.store(about.data, relaxed);
  slot_.about_size.store(std::uint32_t(std::min<std::size_t>(about.size, max_about)), relaxed);
}

std::string describe(const Death& d) {
  return "died by " + d.how + " " + blame::inStep(d.role, d.type, d.phase, d.about);
}

std::string describe(const StepSlot& slot) {
  const Stepped* who = slot.who.load(std::memory_order_acquire);
  if (!who) return {};
  const std::size_t size = slot.about_size.load(std::memory_order_relaxed);
  const std::string about = size ? std::string(slot.about.load(std::memory_order_relaxed), size) : who->call;
  return "the plugin " + who->plugin + " " +
         blame::inStep(who->role, slot.type.load(std::memory_order_relaxed), slot.phase.load(std::memory_order_relaxed),
                       about);
}

std::optional<Death> parseDeath(const std::string& line) {
  std::vector<std::string> fields;
  for (std::size_t begin = 0;;) {
    const std::size_t end = line.find('\t', begin);
    fields.push_back(line.substr(begin, end == std::string::npos ? end : end - begin));
    if (end == std::string::npos) break;
    begin = end + 1;
  }
  if (fields.size() != 8 || fields[0] != "death" || fields[3].empty()) return std::nullopt;
  Death out;
  try {
    out.unix_ms = std::stoull(fields[1]);
    out.type = std::uint32_t(std::stoul(fields[5]));
    out.phase = std::uint32_t(std::stoul(fields[6]));
  } catch (const std::exception&) {
    return std::nullopt;  // half a line: the disk was full, or the machine went down
  }
  out.how = fields[2];
  out.plugin = fields[3];
  out.role = fields[4];
  out.about = fields[7];
  return out;
}

base::Result<void> recordDeaths(const std::string& path) {
  const auto fd = openDeaths(path);
  if (!fd) return base::Failure(fd.error());
  here = ::getpid();
  takePlace(file, *fd);
  install();
  return {};
}

base::Result<void> replaceDeaths(const std::string& aside, const std::string& path) {
  if (noted.load()) return {};  // what is being written to must stay what it is
  const auto fd = openDeaths(aside);
  if (!fd) return base::Failure(fd.error());
  takePlace(next, *fd);
  // Who dies from here on writes to both; who has died before is seen here, and his line is where it belongs already.
  replacing = true;
  if (noted.load()) return {};
  if (::rename(aside.c_str(), path.c_str()) != 0) {
    const int error = errno;
    replacing = false;
    return base::Failure(path + " cannot be replaced (" + std::generic_category().message(error) + ")");
  }
  auto recorded = recordDeaths(path);
  replacing = !recorded;
  return recorded;
}

void recordStuck(const StepSlot& slot) { note(slot, "watchdog"); }

std::vector<StepSlot*> stepSlots() {
  const std::lock_guard<std::mutex> lock(mutex);
  return allSlots();
}

}  // namespace hookswitch::plugin

// The program's own definitions come before the C library's wherever plugins look for these names. They are the one way
// out of a process that runs nothing of ours.
extern "C" {
void _exit(int status) {
  hookswitch::plugin::leave();
  hookswitch::plugin::endProcess(status);
}
void _Exit(int status) noexcept { _exit(status); }
}
