#include "plugins/telegram/notifier.hpp"

#include <algorithm>

namespace hookswitch::telegram {
namespace {

constexpr std::uint32_t kDeadline_ms = 15000;
constexpr std::uint64_t kMargin_ms = 1500;    // an answer leaves so long before the deadline
constexpr std::uint64_t kNotYet_ms = 5000;    // the next attempt when a request is still under way
constexpr std::uint64_t kOverdue_ms = 60000;  // a parked job that is so late is no longer reckoned with
constexpr std::uint64_t kMaxAfter_ms = 86400000;
constexpr std::uint64_t kLongPause_ms = 30000;  // a chat that pauses longer holds up no other
constexpr std::uint64_t kGather_ms = 700;       // calls that are told together arrive within as long
constexpr std::uint64_t kAskAgain_ms =
    30000;  // a chat that was closed is asked again by what waits for it, not more often
constexpr std::uint64_t kDigestLines = 16;  // of a message, on the safe side
constexpr std::size_t kMaxJobs = 1000, kMaxSettled = 1000, kMaxNotices = 100;

}  // namespace

void Notifier::onStart(const hks_start& start, hks::Out& out) {
  std::vector<std::string> problems;
  config_ = readConfig(hks::Settings(start), problems);
  const bool usable = !config_.send_url.empty();
  for (const auto& sentence : problems) out.log(usable ? HKS_WARN : HKS_ERROR, sentence);
  random_ = start.seed;
  unix_ms_ = start.unix_ms;
  if (!usable) return;
  for (const auto& id : config_.chats) {
    Chat chat;
    chat.id = id;
    chat.pace = Pace(id.group);
    chats_.push_back(std::move(chat));
  }
  if (config_.started) out.hook(HKS_PHASE_STARTED, kDeadline_ms);
  if (config_.ended) out.hook(HKS_PHASE_NOTIFY, kDeadline_ms);
}

void Notifier::onPhase(const hks_phase& phase, hks::Out& out) {
  const bool ended = phase.phase == HKS_PHASE_NOTIFY && config_.ended;
  const bool started = phase.phase == HKS_PHASE_STARTED && config_.started;
  if (chats_.empty() || !(ended || started) || !phase.record) {
    out.hookDone(phase.msg.id, HKS_HOOK_SKIP);
    return;
  }
  unix_ms_ = phase.unix_ms;
  const auto record = hks::record<hks_record>(phase.record);
  const auto call = hks::record<hks_call>(record.call);
  const auto name = phase.event_id.size ? hks::text(phase.event_id) : hks::text(call.call);
  const std::string key = std::string(name) + (ended ? "#ended" : "#started");
  if (settled_.count(key)) {
    out.hookDone(phase.msg.id);
    return;
  }
  auto known = by_key_.find(key);
  if (known == by_key_.end()) {
    if (ended && waitsForDigest(phase, record, out)) return;
    if (!makeRoom(out)) {
      out.hookDone(phase.msg.id, HKS_HOOK_RETRY, "many messages wait for Telegram", 30000 + random(30000));
      return;
    }
    known = by_key_.emplace(key, ++last_job_).first;
    Job& fresh = jobs_[last_job_];
    fresh.key = key;
    fresh.chats.resize(chats_.size());
    fresh.digest = ended && config_.digest_s;
  }
  Job& job = jobs_.at(known->second);
  Telling telling;
  telling.zone = config_.zone;
  telling.unix_ms = phase.unix_ms;
  telling.late_after_ms += config_.digest_s * std::uint64_t(1000);
  if (job.digest)
    job.parts = {digestLine(record, telling)};
  else
    job.parts = ended ? endedMessage(record, config_.transcript, telling) : startedMessage(record, telling);
  job.part_count = job.parts.size();
  recall(job, hks::text(phase.memo));
  attach(known->second, job, phase, out);
}

/// Calls that end within digest_s are told when that time is over: until then the ledger has them. The times begin at
/// multiples of digest_s, so that they are the same whoever asks, also after a restart.
bool Notifier::waitsForDigest(const hks_phase& phase, const hks_record& record, hks::Out& out) {
  const std::uint64_t span = config_.digest_s * std::uint64_t(1000);
  if (!span || !phase.unix_ms || !record.ended_unix_ms) return false;
  const std::uint64_t due = (record.ended_unix_ms / span + 1) * span;
  if (phase.unix_ms >= due || due - phase.unix_ms > span) return false;
  out.hookDone(phase.msg.id, HKS_HOOK_RETRY,
               "is told at " + config_.zone.clock(due) + ", with the calls that end until then", due - phase.unix_ms,
               HKS_HOOK_APART);
  return true;
}

/// What each chat has: "42=* -1001234567890/7=2".
std::string Notifier::memoOf(const Job& job) const {
  std::string memo;
  for (std::size_t c = 0; c < chats_.size(); ++c) {
    const Progress& p = job.chats[c];
    const bool all = p.state == State::Done || (job.part_count && p.next >= job.part_count);
    if (!all && !p.next) continue;
    if (!memo.empty()) memo += ' ';
    memo += chats_[c].id.name + "=" + (all ? "*" : std::to_string(p.next));
  }
  return memo;
}

void Notifier::recall(Job& job, std::string_view memo) const {
  while (!memo.empty()) {
    const std::string_view entry = memo.substr(0, memo.find(' '));
    memo.remove_prefix(std::min(memo.size(), entry.size() + 1));
    const std::size_t equals = entry.rfind('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view value = entry.substr(equals + 1);
    for (std::size_t c = 0; c < chats_.size(); ++c) {
      Progress& p = job.chats[c];
      if (chats_[c].id.name != entry.substr(0, equals) || p.state != State::Idle) continue;
      if (value == "*")
        p.state = State::Done, p.next = job.part_count;
      else if (value.size() == 1 && value[0] >= '0' && value[0] <= '9')
        p.next = std::max(p.next, std::size_t(value[0] - '0'));
    }
  }
}

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

bool Notifier::blocked(const Chat& chat) const { return !chat.closed.empty() || chat.pause_left_ms > kLongPause_ms; }

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
  const std::uint64_t after = std::min(after_ms, kMaxAfter_ms) + (apart ? 0 : 100 + random(500));
  const std::uint32_t flags = (apart ? std::uint32_t(HKS_HOOK_APART) : 0) | (mend ? std::uint32_t(HKS_HOOK_MEND) : 0);
  out.hookDone(job.hook, HKS_HOOK_RETRY, why, after, flags, memoOf(job));
  job.hook = 0;
  if (apart && !flying) return forget(job_id, out);  // its memo has it all
  job.parts.clear();
  job.expected = !apart && !mend;  // a chat that is closed keeps nobody's place: all of them come back, in order
  out.timer(kJobTimer + job_id, after + kOverdue_ms);
}

void Notifier::conclude(std::uint64_t job_id, hks::Out& out) {
  const auto it = jobs_.find(job_id);
  if (it == jobs_.end()) return;
  Job& job = it->second;
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
  if (!failed) remember(job.key);
  if (job.hook) out.hookDone(job.hook, failed ? HKS_HOOK_GIVE_UP : HKS_HOOK_OK, why);
  forget(job_id, out);
}

void Notifier::forget(std::uint64_t job_id, hks::Out& out) {
  const auto it = jobs_.find(job_id);
  if (it->second.key.empty())
    --notices_;
  else
    out.cancelTimer(kJobTimer + job_id);
  by_key_.erase(it->second.key);
  jobs_.erase(it);
}

void Notifier::remember(const std::string& key) {
  if (settled_.insert(key).second) settled_order_.push_back(key);
  if (settled_order_.size() <= kMaxSettled) return;
  settled_.erase(settled_order_.front());
  settled_order_.pop_front();
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
  for (const auto& [id, job] : jobs_) {
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
  if (jobs_.size() < kMaxJobs) return true;
  for (auto it = jobs_.begin(); it != jobs_.end(); ++it) {
    bool busy = it->second.hook != 0 || it->second.key.empty() || it->second.expected;
    for (const Chat& chat : chats_) busy = busy || std::count(chat.in_flight.begin(), chat.in_flight.end(), it->first);
    if (busy) continue;
    forget(it->first, out);
    return true;
  }
  return false;
}

void Notifier::onNotice(const hks_notice& notice, hks::Out& out) {
  if (!config_.errors || notice.level < HKS_WARN || chats_.empty()) return;
  if (notices_ >= kMaxNotices)
    return;  // the log has them all; a chat that is this far behind is told of the rest there
  ++notices_;
  const std::uint64_t id = ++last_job_;
  Job& job = jobs_[id];
  job.parts = noticeMessage(notice);
  job.part_count = job.parts.size();
  job.chats.resize(chats_.size());
  for (std::size_t c = 0; c < chats_.size(); ++c) {
    job.chats[c].state = State::Queued;
    chats_[c].queue.insert(id);
  }
  for (std::size_t c = 0; c < chats_.size(); ++c) pump(c, out);
}

void Notifier::onTimer(std::uint64_t id, hks::Out& out) {
  if (id >= kJobTimer) {
    const auto it = jobs_.find(id - kJobTimer);
    if (it == jobs_.end()) return;
    Job& job = it->second;
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
      const bool asked = std::count(asked_for.begin(), asked_for.end(), it->first);
      after = std::max({after, waitMs(c, it->first), job.chats[c].after_ms});
      if (!asked)
        why = chats_[c].warned.empty() ? "many messages wait for the same chat"
                                       : "Telegram, chat " + chats_[c].id.name + ": " + chats_[c].warned;
    }
    return park(it->first, job, why, after, false, out);
  }
  const std::size_t c = std::size_t(id / kPerChat);
  if (c >= chats_.size()) return;
  Chat& chat = chats_[c];
  switch (id % kPerChat) {
    case kTick:
      chat.ticking = chat.pace.tick();
      if (chat.ticking) out.timer(id, 1000);
      break;
    case kPause:
      chat.pause_left_ms -= std::min<std::uint64_t>(chat.pause_left_ms, 1000);
      if (chat.pause_left_ms) out.timer(id, std::min<std::uint64_t>(chat.pause_left_ms, 1000));
      break;
    case kReopen: chat.closed.clear(); break;
    case kGather: chat.gathering = false; break;
    default: return;
  }
  pump(c, out);
}

std::uint64_t Notifier::random(std::uint64_t below) {
  random_ += 0x9E3779B97F4A7C15u;  // splitmix64
  std::uint64_t z = random_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return below ? (z ^ (z >> 31)) % below : 0;
}

}  // namespace hookswitch::telegram
