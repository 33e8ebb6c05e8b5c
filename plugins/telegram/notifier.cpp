#include "plugins/telegram/notifier.hpp"

#include <algorithm>

namespace hookswitch::telegram {
namespace {

constexpr std::uint32_t kDeadline_ms = 15000;
constexpr std::uint64_t kMargin_ms = 1500;       // an answer leaves so long before the deadline
constexpr std::uint64_t kNotYet_ms = 5000;       // the next attempt when a request is still under way
constexpr std::uint64_t kOverdue_ms = 60000;     // a parked job that is so late is no longer reckoned with
constexpr std::uint64_t kMaxAfter_ms = 86400000;
constexpr std::size_t kMaxJobs = 1000, kMaxSettled = 1000, kMaxNotices = 100;

// Timers: four numbers per chat from 0, one per job above.
constexpr std::uint64_t kTick = 1, kPause = 2, kReopen = 3, kPerChat = 4, kJobTimer = std::uint64_t(1) << 32;

}  // namespace

void Notifier::onStart(const hks_start& start, hks::Out& out) {
  std::vector<std::string> problems;
  config_ = readConfig(hks::Settings(start), problems);
  const bool usable = !config_.send_url.empty();
  for (const auto& sentence : problems) out.log(usable ? HKS_WARN : HKS_ERROR, sentence);
  random_ = start.seed;
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
  const auto record = hks::record<hks_record>(phase.record);
  const auto call = hks::record<hks_call>(record.call);
  const auto name = phase.event_id.size ? hks::text(phase.event_id) : hks::text(call.call);
  const std::string key = std::string(name) + (ended ? "#ended" : "#started");
  if (auto it = settled_.find(key); it != settled_.end()) {
    out.hookDone(phase.msg.id, it->second.state, it->second.reason);
    return;
  }
  auto known = by_key_.find(key);
  if (known == by_key_.end()) {
    if (!makeRoom(out)) {
      out.hookDone(phase.msg.id, HKS_HOOK_RETRY, "too many messages wait for Telegram", 30000 + random(30000));
      return;
    }
    known = by_key_.emplace(key, ++last_job_).first;
    Job& fresh = jobs_[last_job_];
    fresh.key = key;
    fresh.chats.resize(chats_.size());
  }
  Job& job = jobs_.at(known->second);
  job.parts = ended ? endedMessage(record, config_.transcript) : startedMessage(record);
  job.part_count = job.parts.size();
  attach(known->second, job, phase, out);
}

void Notifier::attach(std::uint64_t job_id, Job& job, const hks_phase& phase, hks::Out& out) {
  const std::uint64_t deadline = phase.deadline_ms ? phase.deadline_ms : kDeadline_ms;
  const std::uint64_t time = deadline - std::min(kMargin_ms, deadline / 4);
  job.hook = phase.msg.id;
  job.expected = false;
  std::uint64_t wait = 0;
  for (std::size_t c = 0; c < chats_.size(); ++c)
    if (job.chats[c].state != State::Done && job.chats[c].state != State::Failed) wait = std::max(wait, waitMs(c, job_id));
  // What cannot leave in time is told so at once, and comes back when its turn is near.
  if (wait > time) return park(job_id, job, "many messages wait for the same chat", wait, out);
  out.timer(kJobTimer + job_id, time);
  for (std::size_t c = 0; c < chats_.size(); ++c) {
    Progress& p = job.chats[c];
    if (p.state == State::Idle || p.state == State::Deferred) {
      p.state = State::Queued;
      chats_[c].queue.push_back(job_id);
    }
  }
  for (std::size_t c = 0; c < chats_.size(); ++c) pump(c, out);
  conclude(job_id, out);  // nothing may have been missing
}

void Notifier::park(std::uint64_t job_id, Job& job, std::string_view why, std::uint64_t after_ms, hks::Out& out) {
  const std::uint64_t after = std::min(after_ms, kMaxAfter_ms) + 100 + random(500);
  for (std::size_t c = 0; c < chats_.size(); ++c) {
    Progress& p = job.chats[c];
    if (p.state == State::Queued) unqueue(c, job_id);
    if (p.state == State::Queued || p.state == State::Deferred) p.state = State::Idle;
  }
  out.hookDone(job.hook, HKS_HOOK_RETRY, why, after);
  job.hook = 0;
  job.parts.clear();
  job.expected = true;
  out.timer(kJobTimer + job_id, after + kOverdue_ms);
}

void Notifier::conclude(std::uint64_t job_id, hks::Out& out) {
  const auto it = jobs_.find(job_id);
  if (it == jobs_.end()) return;
  Job& job = it->second;
  bool deferred = false, failed = false;
  std::uint64_t after = 0;
  std::string why;
  for (std::size_t c = 0; c < chats_.size(); ++c) {
    const Progress& p = job.chats[c];
    if (p.state == State::Idle || p.state == State::Queued) return;
    if (p.state == State::Done) continue;
    (p.state == State::Deferred ? deferred : failed) = true;
    after = std::max(after, p.after_ms);
    if (!why.empty()) why += "; ";
    why += "Telegram, chat " + chats_[c].id.name + ": " + p.why;
  }
  if (job.key.empty()) return forget(job_id, out);
  if (deferred && job.hook) return park(job_id, job, why, after, out);
  if (deferred) return;
  const std::uint32_t state = failed ? HKS_HOOK_GIVE_UP : HKS_HOOK_OK;
  remember(job.key, state, why);
  if (job.hook) out.hookDone(job.hook, state, why);
  forget(job_id, out);
}

void Notifier::forget(std::uint64_t job_id, hks::Out& out) {
  const auto it = jobs_.find(job_id);
  if (it->second.key.empty()) --notices_;
  else out.cancelTimer(kJobTimer + job_id);
  by_key_.erase(it->second.key);
  jobs_.erase(it);
}

void Notifier::remember(const std::string& key, std::uint32_t state, const std::string& reason) {
  if (settled_.emplace(key, Outcome{state, reason}).second) settled_order_.push_back(key);
  if (settled_order_.size() <= kMaxSettled) return;
  settled_.erase(settled_order_.front());
  settled_order_.pop_front();
}

/// How long until this job's turn in the chat: the pause, what is queued, and older jobs that will come back.
std::uint64_t Notifier::waitMs(std::size_t c, std::uint64_t job_id) const {
  const Chat& chat = chats_[c];
  std::uint64_t messages = 0;
  for (const std::uint64_t id : chat.queue) {
    const Job& ahead = jobs_.at(id);
    if (id != job_id) messages += ahead.part_count - std::min(ahead.part_count, ahead.chats[c].next);
  }
  for (const auto& [id, job] : jobs_) {
    if (id >= job_id) break;
    if (job.expected) messages += job.part_count - std::min(job.part_count, job.chats[c].next);
  }
  const std::uint64_t each_ms = chat.id.group && messages > 20 ? 3000 : 1000;
  return chat.pause_left_ms + messages * each_ms;
}

/// Room for one more job; the oldest parked one is forgotten if need be (its chats may then hear something twice).
bool Notifier::makeRoom(hks::Out& out) {
  if (jobs_.size() < kMaxJobs) return true;
  for (auto it = jobs_.begin(); it != jobs_.end(); ++it) {
    bool busy = it->second.hook != 0 || it->second.key.empty();
    for (const Chat& chat : chats_) busy = busy || chat.in_flight == it->first;
    if (busy) continue;
    forget(it->first, out);
    return true;
  }
  return false;
}

void Notifier::onNotice(const hks_notice& notice, hks::Out& out) {
  if (!config_.errors || notice.level < HKS_WARN || chats_.empty()) return;
  if (notices_ >= kMaxNotices) return;  // the log has them all; a chat that is this far behind is told of the rest there
  ++notices_;
  const std::uint64_t id = ++last_job_;
  Job& job = jobs_[id];
  job.parts = noticeMessage(notice);
  job.part_count = job.parts.size();
  job.chats.resize(chats_.size());
  for (std::size_t c = 0; c < chats_.size(); ++c) {
    job.chats[c].state = State::Queued;
    chats_[c].queue.push_back(id);
  }
  for (std::size_t c = 0; c < chats_.size(); ++c) pump(c, out);
}

void Notifier::onTimer(std::uint64_t id, hks::Out& out) {
  if (id >= kJobTimer) {
    const auto it = jobs_.find(id - kJobTimer);
    if (it == jobs_.end()) return;
    Job& job = it->second;
    job.expected = false;
    if (!job.hook) return;
    std::uint64_t after = kNotYet_ms;
    std::string why = "Telegram has not answered yet";
    for (std::size_t c = 0; c < chats_.size(); ++c) {
      if (job.chats[c].state != State::Queued && job.chats[c].state != State::Deferred) continue;
      const bool asked = chats_[c].in_flight == it->first;
      after = std::max({after, waitMs(c, it->first), job.chats[c].after_ms});
      if (!asked)
        why = chats_[c].warned.empty() ? "many messages wait for the same chat"
                                       : "Telegram, chat " + chats_[c].id.name + ": " + chats_[c].warned;
    }
    return park(it->first, job, why, after, out);
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
    case kReopen:
      chat.closed.clear();
      break;
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
