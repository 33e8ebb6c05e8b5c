// What is seen of a leg's end by others than the carrier's own report.
#pragma once

namespace hookswitch::call {

/// What speaks for the end of a leg. Neither proves it alone: an account may not know a leg that another one has, and a
/// stream may stop while its leg goes on. Both together do.
struct LegWitness {
  bool stream_stopped = false;  ///< the carrier's stream said good-bye
  bool unknown_there = false;   ///< the account that answers has no such leg
  bool agree() const { return stream_stopped && unknown_there; }
  bool operator==(const LegWitness& o) const {
    return stream_stopped == o.stream_stopped && unknown_there == o.unknown_there;
  }
};

}  // namespace hookswitch::call
