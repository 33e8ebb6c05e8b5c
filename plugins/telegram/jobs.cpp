// A job from the hook that brings it to the one that is answered for it: attached, parked, concluded, forgotten.
#include "plugins/telegram/notifier.hpp"

#include <algorithm>

namespace hookswitch::telegram {
namespace {

constexpr std::uint64_t kMargin_ms = 1500;    // an answer leaves so long before the deadline
constexpr std::uint64_t kOverdue_ms = 60000;  // a parked job that is so late is no longer reckoned with
constexpr std::uint64_t kMaxAfter_ms = 86400000;
constexpr std::uint64_t kNotYet_ms = 5000;      // the next attempt when a request is still under way
constexpr std::uint64_t kLongPause_ms = 30000;  // a chat that pauses longer holds up no other
constexpr std::uint64_t kGather_ms = 700;       // calls that are told together arrive within as long
constexpr std::uint64_t kAskAgain_ms =
    30000;  // a chat that was closed is asked again by what waits for it, not more often
constexpr std::uint64_t kDigestLines = 16;  // of a message, on the safe side

bool blocked(const Chat& chat) { return !chat.closed.empty() || chat.pause_left_ms > kLongPause_ms; }

}  // namespace

void Notifier::attach(std::uint64_t job_id, Job& job, const hks_phase& phase, hks::Out& out) {
  const std::uint64_t deadline = phase.deadline_ms ? phase.deadline_ms : kDeadline_ms;
  const std::uint64_t time = deadline - std::min(kMargin_ms, deadline / 4);
  job.hook = phase.msg.id;
  job.expected = false;
  std::uint64_t wait = 0;
  for (std::size_t c = 0; c < chats_.size(); ++c) {
    Chat& chat = chats_[c];
    if (job.chats[c].state == State::Done || job.chats[c].state == State::Failed) continue;
    // Somebody may have mended it meanwhile. New calls do not ask: those that wait already come first.
    if (!chat.closed.empty() && phase.attempt > 1 && chat.asked_unix_ms &&
        unix_ms_ >= chat.asked_unix_ms + kAskAgain_ms)
      chat.closed.clear();
    if (chat.closed.empty()) wait = std::max(wait, waitMs(c, job_id));
  }
  // What cannot leave in time is told so at once, and comes back when its turn is near.
  if (wait > time) return park(job_id, job, "many messages wait for the same chat", wait, false, out);
  out.timer(kJobTimer + job_id, time);
  for (std::size_t c = 0; c < chats_.size(); ++c) {
    Progress& p = job.chats[c];
    if (p.state != State::Idle && p.state != State::Deferred) continue;
    p.state = State::Queued;
    Chat& chat = chats_[c];
    chat.queue.insert(job_id);
    if (!job.digest || chat.gathering || !chat.in_flight.empty()) continue;
    chat.gathering = true;
    out.timer(c * kPerChat + kGather, kGather_ms);
  }
  for (std::size_t c = 0; c < chats_.size(); ++c) pump(c, out);
  conclude(job_id, out);  // nothing may have been missing
}

/// When a chat that a person must mend is asked again: all that wait for it come back at the same moment, whenever they
/// were told so, and thus in their order.
std::uint64_t Notifier::reopens() const { return kClosed_ms - unix_ms_ % kClosed_ms; }

void Notifier::park(std::uint64_t job_id, Job& job, std::string_view why, std::uint64_t after_ms, bool mend,
                    hks::Out& out) {
  // Where one chat takes nothing for long and others do, the calls behind this one need not wait for it.
  bool apart = chats_.size() > 1, flying = false, some = false;
  for (std::size_t c = 0; c < chats_.size(); ++c) {
    Progress& p = job.chats[c];
    const bool done = p.state == State::Done || p.state == State::Failed;
    apart = apart && (done || blocked(chats_[c]));
    some = some || !blocked(chats_[c]);
    if (p.state == State::Queued) unqueue(c, job_id);
    if (p.state == State::Queued || p.state == State::Deferred) p.state = State::Idle;
    flying = flying || std::count(chats_[c].in_flight.begin(), chats_[c].in_flight.end(), job_id);
  }
  apart = apart && some;
  const std::uint64_t after = std::min(after_ms, kMaxAfter_ms) + (apart ? 0 : 100 + chance_.below(500));
  const std::uint32_t flags = (apart ? std::uint32_t(HKS_HOOK_APART) : 0) | (mend ? std::uint32_t(HKS_HOOK_MEND) : 0);
  out.hookDone(job.hook, HKS_HOOK_RETRY, why, after, flags, memoOf(job, chats_));
  job.hook = 0;
  if (apart && !flying) return forget(job_id, out);  // its memo has it all
  job.parts.clear();
  job.expected = !apart && !mend;  // a chat that is closed keeps nobody's place: all of them come back, in order
  out.timer(kJobTimer + job_id, after + kOverdue_ms);
}

/// The hook must be answered now, or the host has not come back for a job that was parked.
void Notifier::overdue(std::uint64_t job_id, hks::Out& out) {
  Job* const found = jobs_.find(job_id);
  if (!found) return;
  Job& job = *found;
  job.expected = false;
  if (!job.hook) {
    for (std::size_t c = 0; c < chats_.size(); ++c) pump(c, out);  // younger ones have waited for it
    return;
  }
  std::uint64_t after = kNotYet_ms;
  std::string why = "Telegram has not answered yet";
  for (std::size_t c = 0; c < chats_.size(); ++c) {
    if (job.chats[c].state != State::Queued && job.chats[c].state != State::Deferred) continue;
    const auto& asked_for = chats_[c].in_flight;
    const bool asked = std::count(asked_for.begin(), asked_for.end(), job_id);
    after = std::max({after, waitMs(c, job_id), job.chats[c].after_ms});
    if (!asked)
      why = chats_[c].warned.empty() ? "many messages wait for the same chat"
                                     : "Telegram, chat " + chats_[c].id.name + ": " + chats_[c].warned;
  }
  park(job_id, job, why, after, false, out);
}

void Notifier::conclude(std::uint64_t job_id, hks::Out& out) {
  Job* const found = jobs_.find(job_id);
  if (!found) return;
  Job& job = *found;
  bool deferred = false, failed = false, mend = false;
  std::uint64_t after = 0;
  std::string why;
  for (std::size_t c = 0; c < chats_.size(); ++c) {
    const Progress& p = job.chats[c];
    if (p.state == State::Idle || p.state == State::Queued) return;
    if (p.state == State::Done) continue;
    if (p.state == State::Deferred) {
      deferred = true;
      mend = mend || p.mend;
      after = std::max(after, p.after_ms);
    } else
      failed = true;
    if (!why.empty()) why += "; ";
    why += "Telegram, chat " + chats_[c].id.name + ": " + p.why;
  }
  if (job.key.empty()) return forget(job_id, out);
  if (deferred && job.hook) return park(job_id, job, why, after, mend, out);
  if (deferred) return;
  // Who asks again for one that was given up wants it tried again.
  if (!failed) jobs_.remember(job.key, HKS_HOOK_OK);
  if (job.hook) out.hookDone(job.hook, failed ? HKS_HOOK_GIVE_UP : HKS_HOOK_OK, why);
  forget(job_id, out);
}

void Notifier::forget(std::uint64_t job_id, hks::Out& out) {
  if (jobs_.at(job_id).key.empty())
    --notices_;
  else
    out.cancelTimer(kJobTimer + job_id);
  jobs_.erase(job_id);
}

/// How long until this job's turn in the chat: the pause, what is queued, and older jobs that will come back.
std::uint64_t Notifier::waitMs(std::size_t c, std::uint64_t job_id) const {
  const Chat& chat = chats_[c];
  std::uint64_t messages = 0, lines = 0;
  auto add = [&](const Job& ahead) {
    const std::uint64_t parts = ahead.part_count - std::min(ahead.part_count, ahead.chats[c].next);
    (ahead.digest && !ahead.chats[c].alone ? lines : messages) += parts;
  };
  for (const std::uint64_t id : chat.queue)
    if (id != job_id) add(jobs_.at(id));
  for (const auto& [id, job] : jobs_.items()) {
    if (id >= job_id) break;
    if (job.expected) add(job);
  }
  messages += lines / kDigestLines;
  const std::uint64_t each_ms = chat.id.group && messages > 20 ? 3000 : 1000;
  return chat.pause_left_ms + messages * each_ms;
}

/// Room for one more job. What was promised is kept; one that the host should have brought again long ago may go, and
/// its memo has what its chats had.
bool Notifier::makeRoom(hks::Out& out) {
  if (!jobs_.full()) return true;
  for (const auto& [id, job] : jobs_.items()) {
    bool busy = job.hook != 0 || job.key.empty() || job.expected;
    for (const Chat& chat : chats_) busy = busy || std::count(chat.in_flight.begin(), chat.in_flight.end(), id);
    if (busy) continue;
    forget(id, out);
    return true;
  }
  return false;
}

}  // namespace hookswitch::telegram
