// The course of a call, as its trace tells it: what has changed in its machine since somebody last looked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/call/life.hpp"
#include "host/call/trace.hpp"

namespace hookswitch::call {

/// Notes what the machine itself cannot be asked for later. [control]
class Course {
 public:
  /// After every event of the machine.
  void look(const Life& life, const Now& now);
  /// What is not to be seen in the machine.
  void note(What what, const Now& now, std::string_view text = {}, std::uint64_t value = 0) {
    trace_.note(now.all_ms, what, value, text);
  }
  const Trace& trace() const { return trace_; }

 private:
  void begin(const Life& life, const Now& now);
  void lookAtHooks(const Life& life, const Now& now);

  bool begun_ = false;
  Status status_ = Status::initiating;
  Leg leg_ = Leg::none;
  bool media_ = false;
  LegWitness witness_;
  bool sealed_ = false;
  std::string voice_;
  std::vector<HookRow::State> hooks_;
  Trace trace_;
};

}  // namespace hookswitch::call
