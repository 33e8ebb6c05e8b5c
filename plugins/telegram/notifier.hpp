// The one session of the plugin: hooks in, sendMessage requests out. (telegram.md §1-5)
#pragma once

#include "plugins/telegram/job.hpp"
#include "plugins/telegram/message.hpp"
#include "plugins/telegram/reply.hpp"
#include "plugins/telegram/settings.hpp"

#include <hookswitch/backoff.hpp>
#include <hookswitch/plugin.hpp>

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
  static constexpr std::uint32_t kDeadline_ms = 15000;  // of a hook, when the host names none
  static constexpr std::uint64_t kClosed_ms = 600000;   // what only a person can repair is tried again after so long
  static constexpr std::size_t kMaxJobs = 1000, kMaxSettled = 1000;

  // notifier.cpp: hooks, notices, timers
  bool waitsForDigest(const hks_phase& phase, const hks_record& record, hks::Out& out);

  // jobs.cpp: from one hook to its answer
  void attach(std::uint64_t job_id, Job& job, const hks_phase& phase, hks::Out& out);
  void overdue(std::uint64_t job_id, hks::Out& out);
  void park(std::uint64_t job_id, Job& job, std::string_view why, std::uint64_t after_ms, bool mend, hks::Out& out);
  std::uint64_t reopens() const;
  void conclude(std::uint64_t job_id, hks::Out& out);
  void forget(std::uint64_t job_id, hks::Out& out);
  std::uint64_t waitMs(std::size_t chat, std::uint64_t job_id) const;
  bool makeRoom(hks::Out& out);

  // delivery.cpp: one chat
  void pump(std::size_t chat, hks::Out& out);
  bool olderIsExpected(std::size_t chat, std::uint64_t job_id) const;
  std::vector<std::uint64_t> batch(std::size_t chat, Part& message) const;
  bool send(std::size_t chat, std::vector<std::uint64_t> jobs, const Part& message, hks::Out& out);
  void answered(std::size_t chat, const std::vector<std::uint64_t>& jobs, const Reply& reply, hks::Out& out);
  void told(std::size_t chat, std::uint64_t job_id, Job& job, const Reply& reply, bool alone, hks::Out& out);
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
  hks::Outbox<Job> jobs_{{kMaxJobs, kMaxSettled}};  // late and repeated hooks of what has arrived are answered OK
  std::size_t notices_ = 0;                         // jobs nobody waits for
  hks::Chance chance_;
  std::uint64_t unix_ms_ = 0;  // the wall clock when the host has last said it
};

}  // namespace hookswitch::telegram
