#include "host/call/types.hpp"

#include <algorithm>

namespace hookswitch::call {
const char* name(Status s) {
  switch (s) {
    case Status::initiating: return "initiating";
    case Status::ringing: return "ringing";
    case Status::in_progress: return "in-progress";
    case Status::ending: return "ending";
    case Status::ended: return "ended";
  }
  return "";
}

const char* name(Outcome o) {
  switch (o) {
    case Outcome::completed: return "completed";
    case Outcome::failed: return "failed";
    case Outcome::busy: return "busy";
    case Outcome::no_answer: return "no-answer";
    case Outcome::canceled: return "canceled";
  }
  return "";
}

const char* name(EndedBy e) {
  switch (e) {
    case EndedBy::api: return "api";
    case EndedBy::carrier: return "carrier";
    case EndedBy::agent: return "agent";
    case EndedBy::limit: return "limit";
    case EndedBy::shutdown: return "shutdown";
    case EndedBy::fault: return "fault";
    case EndedBy::recovery: return "recovery";
  }
  return "";
}

const char* name(Direction d) { return d == Direction::incoming ? "incoming" : "outbound"; }

const char* name(Phase p) {
  switch (p) {
    case Phase::hangup: return "hangup";
    case Phase::disconnect: return "disconnect";
    case Phase::record: return "record";
    case Phase::notify: return "notify";
    case Phase::started: return "started";
    case Phase::confirm: return "confirm";
    case Phase::settle: return "settle";
  }
  return "";
}

const char* name(TransferState t) {
  switch (t) {
    case TransferState::completed: return "completed";
    case TransferState::busy: return "busy";
    case TransferState::no_answer: return "no_answer";
    case TransferState::declined: return "declined";
    case TransferState::failed: return "failed";
    case TransferState::caller_left: return "caller_left";
    case TransferState::ringing: return "ringing";
  }
  return "";
}

bool isE164(std::string_view n) {
  return n.size() >= 8 && n.size() <= 16 && n[0] == '+' && n[1] >= '1' && n[1] <= '9' &&
         std::all_of(n.begin() + 1, n.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace hookswitch::call
