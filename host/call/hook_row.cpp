#include "host/call/hook_row.hpp"

namespace hookswitch::call {

const char* name(HookRow::State s) {
  using State = HookRow::State;
  switch (s) {
    case State::pending: return "pending";
    case State::done: return "done";
    case State::skipped: return "skipped";
    case State::timed_out: return "timed-out";
    case State::fault: return "fault";
    case State::retrying: return "retrying";
    case State::failed: return "failed";
    case State::dead: return "dead";
    case State::discarded: return "discarded";
  }
  return "";
}

}  // namespace hookswitch::call
