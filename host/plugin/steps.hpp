// Who is being stepped, and what is written down when the process dies of it.
#pragma once

#include <hookswitch/abi.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/base/result.hpp"

namespace hookswitch::plugin {

/// Whose code runs. Borrowed by a Step for as long as it lives; the strings end in NUL.
struct Stepped {
  std::string plugin;     ///< id; while a file is loaded, its name
  const char* role = "";  ///< "control", "notifier", "carrier", "voice", "load"
  std::string call;       ///< of a session that belongs to one
};

/// What runs on one thread now. Written by that thread with plain stores, read by its own fatal signal handler and by
/// the watchdog: a step costs a few nanoseconds and no system call.
struct StepSlot {
  std::atomic<std::uint64_t> number{0};          ///< of the steps begun on this thread: another one is another number
  std::atomic<const Stepped*> who{nullptr};      ///< NULL: no plugin code runs
  std::atomic<std::uint32_t> type{0}, phase{0};  ///< HKS_..., 0: open, close or load
  std::atomic<const char*> about{nullptr};       ///< a hook's call, or a request's target; not terminated
  std::atomic<std::uint32_t> about_size{0};
};
/// The calling thread's; made at the first use, with a stack of its own for signal handlers. [any]
StepSlot& stepSlot();

/// Around every call of plugin code. [any]
class Step {
 public:
  Step(const Stepped& who, const hks_msg* message) : slot_(stepSlot()) {
    constexpr auto relaxed = std::memory_order_relaxed;
    slot_.type.store(message ? message->type : 0, relaxed);
    slot_.phase.store(0, relaxed);
    slot_.about_size.store(0, relaxed);
    if (message && (message->type == HKS_CALL_PHASE || message->type == HKS_HTTP_REQUEST)) describe(*message);
    slot_.number.store(slot_.number.load(relaxed) + 1, relaxed);
    slot_.who.store(&who, std::memory_order_release);
  }
  ~Step() { slot_.who.store(nullptr, std::memory_order_release); }
  Step(const Step&) = delete;

 private:
  void describe(const hks_msg& message);
  StepSlot& slot_;
};

/// A step in which the process died.
struct Death {
  std::uint64_t unix_ms = 0;
  std::string how;  ///< "SIGSEGV", "exit", "watchdog", ...
  std::string plugin, role;
  std::uint32_t type = 0, phase = 0;
  std::string about;  ///< the call, or the path of a request
};
/// "died by SIGSEGV in the hook notify of the call 1234".
std::string describe(const Death& death);
/// A line as it stands in the file; none for any other line.
std::optional<Death> parseDeath(const std::string& line);

/// From now on a fatal signal that plugin code raises, and an exit() or _exit() that it calls, is written to this file
/// before the process goes: one line behind what is there, mode 0600. What somebody else sends (kill -9, kill -SEGV,
/// the system that lacks memory), and what becomes of a process that the plugin has forked, is written nowhere. Fails
/// when the file cannot be opened. [any]
base::Result<void> recordDeaths(const std::string& path);
/// Puts the file `aside` in the place of the one at `path`. A process that dies meanwhile finds its line in whichever
/// of the two has the name afterwards; a line may stand there twice. One writer at a time. Fails as above. [any]
base::Result<void> replaceDeaths(const std::string& aside, const std::string& path);
/// The same line, by whoever ends the process because of a step that does not end. [any]
void recordStuck(const StepSlot& slot);
/// What the slot says now, for people; empty when no plugin code runs there. [any]
std::string describe(const StepSlot& slot);
/// Of all threads that have ever run plugin code. [any]
std::vector<StepSlot*> stepSlots();

}  // namespace hookswitch::plugin
