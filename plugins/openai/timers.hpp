// The numbers of this plugin's timers.
#pragma once

#include <cstdint>

namespace hookswitch::openai {

enum Timer : std::uint64_t {
  kConfig = 1,       ///< the live connection must be configured by then
  kNextConfig = 2,   ///< the next one
  kGate = 3,         ///< an answer was asked for, and something must have come of it
  kRetry = 4,        ///< the one more attempt at an answer that failed
  kDtmf = 5,         ///< no further key: the entry is complete
  kOrder = 6,        ///< a line has waited long enough for the words before it
  kStall = 7,        ///< does the caller's audio still come?
  kRotate = 8,       ///< prepare the next connection
  kForce = 9,        ///< change to it, whatever is being said
  kReconnect = 10,   ///< another attempt at a connection
  kCallerTurn = 11,  ///< the server should have begun to answer the caller
  kMove = 12,        ///< a quiet moment: change to the next connection
  kRecovery = 13,    ///< a lost connection has been tried again for long enough
  kTool = 1000       ///< + the number of a tool's call: it has had its time
};

}  // namespace hookswitch::openai
