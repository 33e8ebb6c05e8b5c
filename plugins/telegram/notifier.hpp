// The one session of the plugin: hooks in, sendMessage requests out. (telegram.md §1-5)
#pragma once

#include "plugins/telegram/message.hpp"
#include "plugins/telegram/pace.hpp"
#include "plugins/telegram/reply.hpp"
#include "plugins/telegram/settings.hpp"

#include <hookswitch/plugin.hpp>

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace hookswitch::telegram {

/// [control] Tells every configured chat of the start and the end of calls.
///
/// An event becomes a job; per chat one request is under way at a time, and the oldest job goes first, also one that
/// the host has been told to bring again. The host's ledger owns every repetition: a hook is answered before its
/// deadline, RETRY parks the job, and what a chat already has is kept in the hook's memo, so that the next attempt, of
/// this session or another, sends only what is missing. A request that got no answer may have arrived: it is repeated,
/// because a message twice is better than none.
class Notifier final : public hks::Session {
 public:
  void onStart(const hks_start& start, hks::Out& out) override;
  void onPhase(const hks_phase& phase, hks::Out& out) override;
  void onNotice(const hks_notice& notice, hks::Out& out) override;
  void onTimer(std::uint64_t id, hks::Out& out) override;

 private:
  // Timers: eight numbers per chat from 0, one per job above.
  static constexpr std::uint64_t kTick = 1, kPause = 2, kReopen = 3, kGather = 4, kPerChat = 8,
                                 kJobTimer = std::uint64_t(1) << 32;
  static constexpr std::uint64_t kClosed_ms = 600000;  // what only a person can repair is tried again after so long
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
  struct Job {
    std::string key;          // event id and phase; empty: a notice, which nobody waits for
    std::uint64_t hook = 0;   // to be answered; 0: parked, the host will come again
    bool expected = false;    // parked, and the host's next attempt is not overdue
    bool digest = false;      // its one part may be joined with those of others
    std::vector<Part> parts;  // empty while parked
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

  // notifier.cpp: hooks, jobs, timers
  void attach(std::uint64_t job_id, Job& job, const hks_phase& phase, hks::Out& out);
  void park(std::uint64_t job_id, Job& job, std::string_view why, std::uint64_t after_ms, bool mend, hks::Out& out);
  bool waitsForDigest(const hks_phase& phase, const hks_record& record, hks::Out& out);
  std::string memoOf(const Job& job) const;
  void recall(Job& job, std::string_view memo) const;
  std::uint64_t reopens() const;
  void conclude(std::uint64_t job_id, hks::Out& out);
  void forget(std::uint64_t job_id, hks::Out& out);
  void remember(const std::string& key);
  std::uint64_t waitMs(std::size_t chat, std::uint64_t job_id) const;
  bool makeRoom(hks::Out& out);
  bool blocked(const Chat& chat) const;
  std::uint64_t random(std::uint64_t below);

  // delivery.cpp: one chat
  void pump(std::size_t chat, hks::Out& out);
  bool olderIsExpected(std::size_t chat, std::uint64_t job_id) const;
  std::vector<std::uint64_t> batch(std::size_t chat, Part& message) const;
  bool send(std::size_t chat, std::vector<std::uint64_t> jobs, const Part& message, hks::Out& out);
  void answered(std::size_t chat, const std::vector<std::uint64_t>& jobs, const Reply& reply, hks::Out& out);
  void forEach(std::size_t chat, const std::vector<std::uint64_t>& jobs, const Reply& reply, hks::Out& out);
  void arrived(std::size_t chat, std::uint64_t job_id, hks::Out& out);
  void defer(std::size_t chat, std::uint64_t job_id, std::uint64_t after_ms, const std::string& why, bool mend,
             hks::Out& out);
  void fail(std::size_t chat, std::uint64_t job_id, const std::string& why, hks::Out& out);
  void pause(std::size_t chat, std::uint64_t ms, hks::Out& out);
  void close(std::size_t chat, const std::string& why, hks::Out& out);
  void warn(std::size_t chat, const std::string& sentence, hks::Out& out);
  void unqueue(std::size_t chat, std::uint64_t job_id);

  Config config_;
  std::vector<Chat> chats_;
  std::map<std::uint64_t, Job> jobs_;  // by number, oldest first
  std::map<std::string, std::uint64_t> by_key_;
  std::set<std::string> settled_;  // what has arrived: late and repeated hooks are answered OK
  std::deque<std::string> settled_order_;
  std::size_t notices_ = 0;  // jobs nobody waits for
  std::uint64_t last_job_ = 0, random_ = 0;
  std::uint64_t unix_ms_ = 0;  // the wall clock when the host has last said it
};

}  // namespace hookswitch::telegram
