// The numbers of this plugin's timers.
#pragma once

#include <cstdint>

namespace hookswitch::gemini {

enum Timer : std::uint64_t {
  kSetup = 1,         ///< the set-up must be complete by then
  kOldClosed = 2,     ///< the old connection has had its time to close
  kRetry = 3,         ///< another attempt at a connection
  kDead = 4,          ///< what comes from now on is of a new turn
  kFlush = 5,         ///< the model's words are a line
  kUserFlush = 6,     ///< the caller's words are
  kNoAnswer = 7,      ///< the model should have answered
  kGreeting = 8,      ///< the model should have greeted
  kSwap = 9,          ///< the connection must be changed now
  kCallerQuiet = 10,  ///< the caller says nothing
  kMaxAge = 11,       ///< the connection is as old as it gets
  kEnd = 12,          ///< no farewell came: the call ends
  kSay = 13,          ///< a sentence has waited long enough for the model to finish
  kDtmf = 14,         ///< no further key: the entry is complete
  kShield = 15,       ///< the greeting has begun for long enough
  kRecovery = 16,     ///< a lost connection has been tried again for long enough
  kTool = 1000        ///< + the number of a tool's call: it has had its time
};

}  // namespace hookswitch::gemini
