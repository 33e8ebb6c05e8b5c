#include "plugins/telegram/notifier.hpp"

#include <algorithm>
#include <utility>

namespace hookswitch::telegram {
namespace {

constexpr std::size_t kMaxNotices = 100;

}  // namespace

void Notifier::onStart(const hks_start& start, hks::Out& out) {
  std::vector<std::string> problems;
  config_ = readConfig(hks::Settings(start), problems);
  const bool usable = !config_.send_url.empty();
  for (const auto& sentence : problems) out.log(usable ? HKS_WARN : HKS_ERROR, sentence);
  chance_ = hks::Chance(start.seed);
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
  const std::string key = hks::eventKey(phase);
  if (jobs_.settled(key)) {
    out.hookDone(phase.msg.id);
    return;
  }
  std::uint64_t number = jobs_.numberOf(key);
  if (!number) {
    if (ended && waitsForDigest(phase, record, out)) return;
    if (!makeRoom(out)) {
      out.hookDone(phase.msg.id, HKS_HOOK_RETRY, "many messages wait for Telegram", 30000 + chance_.below(30000));
      return;
    }
    Job fresh;
    fresh.key = key;
    fresh.chats.resize(chats_.size());
    fresh.digest = ended && config_.digest_s;
    number = jobs_.add(std::move(fresh));
  }
  Job& job = jobs_.at(number);
  Telling telling;
  telling.zone = config_.zone;
  telling.unix_ms = phase.unix_ms;
  telling.late_after_ms += config_.digest_s * std::uint64_t(1000);
  if (job.digest)
    job.parts = {digestLine(record, telling)};
  else
    job.parts = ended ? endedMessage(record, config_.transcript, telling) : startedMessage(record, telling);
  job.part_count = job.parts.size();
  recall(job, chats_, hks::text(phase.memo));
  attach(number, job, phase, out);
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

void Notifier::onNotice(const hks_notice& notice, hks::Out& out) {
  if (!config_.errors || notice.level < HKS_WARN || chats_.empty()) return;
  if (notices_ >= kMaxNotices)
    return;  // the log has them all; a chat that is this far behind is told of the rest there
  ++notices_;
  Job job;
  job.parts = noticeMessage(notice);
  job.part_count = job.parts.size();
  job.chats.resize(chats_.size());
  const std::uint64_t id = jobs_.add(std::move(job));
  for (std::size_t c = 0; c < chats_.size(); ++c) {
    jobs_.at(id).chats[c].state = State::Queued;
    chats_[c].queue.insert(id);
  }
  for (std::size_t c = 0; c < chats_.size(); ++c) pump(c, out);
}

void Notifier::onTimer(std::uint64_t id, hks::Out& out) {
  if (id >= kJobTimer) return overdue(id - kJobTimer, out);
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

}  // namespace hookswitch::telegram
