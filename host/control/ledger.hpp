// Intent before act: what the control thread is about to do is written down first, and done when that is on disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "host/base/loop.hpp"
#include "host/call/table.hpp"
#include "host/store/store.hpp"

namespace hookswitch::control {

/// What is answered when a read failed.
inline constexpr const char* store_unreadable = "The store could not be read; the gateway's log says why";

/// [control]
class Ledger {
 public:
  /// A disk that takes longer than this holds nobody up: calls go on, the writes follow.
  static constexpr std::uint64_t patience_ms = 1'000;

  Ledger(base::Loop& control, store::Store& store) : control_(control), store_(store) {}

  /// Writes what has changed of the call since the last time, and `extra`; then `act` runs: in the order of these
  /// calls, at once when nothing is to be written and nothing that was given before is waiting. Whatever `act` needs it
  /// looks up again: time has passed.
  void write(call::Call& call, std::function<void()> act, std::vector<store::Write> extra = {});
  /// The same without anything to do afterwards.
  void write(call::Call& call) { write(call, {}, {}); }
  void write(std::vector<store::Write> writes, std::function<void()> act);

  store::Store& store() { return store_; }
  std::size_t waiting() const { return waiting_.size(); }
  /// What was last written of the call has been answered by the store; whether it is on disk, the store's health says.
  bool answered(const call::Call& call) const { return call.written <= answered_; }

 private:
  void put(std::vector<store::Write> writes, std::function<void()> act);
  void acknowledged(std::uint64_t number, std::uint64_t given_ms);
  void impatient();
  void watch();

  struct Waiting {
    std::function<void()> act;
    std::uint64_t since = 0;
  };
  base::Loop& control_;
  store::Store& store_;
  std::map<std::uint64_t, Waiting> waiting_;  // by number, which is the order
  std::uint64_t last_ = 0, answered_ = 0;     // numbers of writes: given to the store, answered by it
  bool behind_ = false;                       // the store was too slow and has not caught up ...
  bool said_ = false;                         // ... which the log says ...
  std::uint64_t said_ms_ = 0;                 // ... since then
  base::Loop::TimerId timer_ = 0;
};

/// Between the rows of a Teardown, whose clock stops with the machine, and the ledger's wall clock.
store::Hook toStored(const std::string& call, const call::HookRow& row, const call::HookTimes& times,
                     std::uint64_t now_ms, std::uint64_t unix_ms);
call::HookRow rowOf(const store::Hook& hook);  ///< without the attempt, which was of an earlier run
call::StoredRow fromStored(const store::Hook& hook, std::uint64_t now_ms, std::uint64_t unix_ms);
/// All rows of the call, in the order of the phases.
std::vector<call::StoredRow> rowsOf(const store::StoredCall& stored, std::uint64_t now_ms, std::uint64_t unix_ms);

}  // namespace hookswitch::control
