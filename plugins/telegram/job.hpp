// What is to be told, and the chats it goes to.
#pragma once

#include "plugins/telegram/message.hpp"
#include "plugins/telegram/pace.hpp"
#include "plugins/telegram/settings.hpp"

#include <hookswitch/outbox.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hookswitch::telegram {

enum class State { Idle = 1, Queued = 2, Deferred = 3, Done = 4, Failed = 5 };
struct Progress {  // of one job in one chat
  State state = State::Idle;
  std::size_t next = 0;        // parts before it have arrived
  bool plain = false;          // the HTML was refused
  bool moved = false;          // the chat's id was already replaced once for this job
  bool alone = false;          // a message that joined it with others was refused
  bool mend = false;           // Deferred: until a person changes something
  std::uint64_t after_ms = 0;  // Deferred: worth trying again after so long
  std::string why;             // Deferred, Failed
};
struct Job : hks::Waiting {  // without a key: a notice, which nobody waits for
  std::uint64_t hook = 0;    // to be answered; 0: parked, the host will come again
  bool expected = false;     // parked, and the host's next attempt is not overdue
  bool digest = false;       // its one part may be joined with those of others
  std::vector<Part> parts;   // empty while parked
  std::size_t part_count = 0;
  std::vector<Progress> chats;
};
struct Chat {
  ChatId id;
  Pace pace;
  std::set<std::uint64_t> queue;            // jobs, the oldest first
  std::vector<std::uint64_t> in_flight;     // the jobs whose request is under way; several when they were joined
  std::uint64_t pause_left_ms = 0;          // nothing is sent meanwhile; counted down in slices of a second
  std::uint32_t failures = 0, limited = 0;  // in a row
  bool ticking = false, gathering = false;
  std::string closed;               // why this chat takes nothing until a person changes something
  std::uint64_t asked_unix_ms = 0;  // when it said so; 0: by a clock that nobody knows
  std::string warned;               // the last sentence in the log, until something arrives again
};

/// What each chat has of a job, for the hook's memo: "42=* -1001234567890/7=2". `job.chats` are those of `chats`. [any]
std::string memoOf(const Job& job, const std::vector<Chat>& chats);
/// The other way round: what a memo says that a chat has counts, unless more is known already. [any]
void recall(Job& job, const std::vector<Chat>& chats, std::string_view memo);

}  // namespace hookswitch::telegram
