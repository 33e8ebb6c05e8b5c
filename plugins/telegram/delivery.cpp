// The way of a job through one chat. (telegram.md §2-4)
#include "plugins/telegram/notifier.hpp"

#include <hookswitch/json.hpp>
#include <hookswitch/text.hpp>
#include <hookswitch/utf8.hpp>

#include <algorithm>

namespace hookswitch::telegram {
namespace {

constexpr std::uint32_t kSend_ms = 10000;  // of one request, below every hook's deadline
constexpr hks::Backoff kBackoff{1000, 60000, 50};

std::string body(const ChatId& chat, const Part& part, bool plain) {
  hks::json::Object o;
  o.raw("chat_id", chat.json);
  if (chat.topic) o.add("message_thread_id", std::int64_t(chat.topic));
  o.add("text", plain ? part.plain : part.html);
  if (!plain) o.add("parse_mode", "HTML");
  if (part.silent) o.add("disable_notification", true);
  o.raw("link_preview_options", R"({"is_disabled":true})");
  return o.str();
}

}  // namespace

void Notifier::pump(std::size_t c, hks::Out& out) {
  Chat& chat = chats_[c];
  while (!chat.queue.empty() && chat.in_flight.empty()) {
    const std::uint64_t id = *chat.queue.begin();
    const Job& job = jobs_.at(id);
    if (job.chats[c].next >= job.part_count)
      arrived(c, id, out);
    else if (!chat.closed.empty() && job.key.empty())
      fail(c, id, chat.closed, out);
    else if (!chat.closed.empty())
      defer(c, id, reopens(), chat.closed, true, out);
    else if (chat.pause_left_ms || !chat.pace.ready() || olderIsExpected(c, id))
      return;  // a timer, or the host, comes back here
    else if (job.digest && chat.gathering)
      return;
    else {
      Part message;
      const auto jobs = batch(c, message);
      if (send(c, jobs, message, out)) return;
      const char* why = "the host could not take the request";
      job.key.empty() ? fail(c, id, why, out) : defer(c, id, 1000, why, false, out);
    }
  }
}

/// First in, first out: one that the host will bring again, or that is about to be sent back, goes before those behind
/// it.
bool Notifier::olderIsExpected(std::size_t c, std::uint64_t id) const {
  if (jobs_.at(id).key.empty()) return false;
  for (const auto& [older, job] : jobs_.items()) {
    if (older >= id) return false;
    const State state = job.chats[c].state;
    if ((job.expected || job.hook) && (state == State::Idle || state == State::Deferred)) return true;
  }
  return false;
}

/// The first job of the queue, or the calls at its front that are told together.
std::vector<std::uint64_t> Notifier::batch(std::size_t c, Part& message) const {
  const Chat& chat = chats_[c];
  const std::uint64_t first = *chat.queue.begin();
  const Job& job = jobs_.at(first);
  if (!job.digest) {
    message = job.parts[job.chats[c].next];
    return {first};
  }
  std::vector<std::uint64_t> ids;
  std::vector<const Part*> lines;
  for (const std::uint64_t id : chat.queue) {
    const Job& next = jobs_.at(id);
    if (!next.digest || next.chats[c].next || olderIsExpected(c, id) || next.chats[c].plain != job.chats[c].plain)
      break;
    if (id != first && (next.chats[c].alone || job.chats[c].alone)) break;
    ids.push_back(id);
    lines.push_back(&next.parts.front());
  }
  std::size_t count = 0;
  message = joined(lines, count);
  ids.resize(count);
  return ids;
}

bool Notifier::send(std::size_t c, std::vector<std::uint64_t> ids, const Part& message, hks::Out& out) {
  Chat& chat = chats_[c];
  const std::string json = body(chat.id, message, jobs_.at(ids.front()).chats[c].plain);
  const bool taken =
      call(out, {"POST", config_.send_url, {{"Content-Type", "application/json"}}, json, kSend_ms},
           [this, c, ids](const hks_http& response, hks::Out& o) {
             Reply reply = readReply(response.status, hks::text(response.body), hks::header(response, "Retry-After"));
             // The host's and Telegram's sentences may quote the address, which holds the token.
             reply.sentence = hks::without(std::move(reply.sentence), config_.token);
             answered(c, ids, reply, o);
           });
  if (!taken) return false;
  chat.in_flight = std::move(ids);
  chat.pace.sent();
  if (!chat.ticking) out.timer(c * kPerChat + kTick, 1000);
  chat.ticking = true;
  return true;
}

/// What the answer says of the chat; then of each job that was told.
void Notifier::answered(std::size_t c, const std::vector<std::uint64_t>& ids, const Reply& reply, hks::Out& out) {
  using Kind = Reply::Kind;
  Chat& chat = chats_[c];
  chat.in_flight.clear();
  switch (reply.kind) {
    case Kind::Sent:
      chat.failures = chat.limited = 0;
      chat.warned.clear();
      break;
    case Kind::Empty: break;
    case Kind::Wait: {
      const std::uint64_t ms =
          reply.retry_after_s * std::uint64_t(1000) + chance_.below(reply.retry_after_s * std::uint64_t(100) + 1);
      warn(c, reply.sentence, out);
      // A second refusal without a success in between means the bot as a whole is too fast.
      if (++chat.limited > 1)
        for (std::size_t other = 0; other < chats_.size(); ++other) pause(other, ms, out);
      else
        pause(c, ms, out);
      break;
    }
    case Kind::Broken: {
      warn(c, reply.sentence, out);
      pause(c, kBackoff.after(chat.failures++, chance_), out);
      break;
    }
    case Kind::Moved:
      warn(c,
           "the group became a supergroup: write " + std::to_string(reply.moved_to) +
               " into telegram.chat_id instead of " + chat.id.name,
           out);
      chat.id.json = std::to_string(reply.moved_to);
      break;
    case Kind::BadMarkup: warn(c, reply.sentence + " (sent again without markup)", out); break;
    case Kind::NoTopic:
      if (chat.id.topic)
        warn(c, "topic " + std::to_string(chat.id.topic) + " is gone: sent without it; correct telegram.chat_id", out);
      break;
    case Kind::NoChat:
      warn(c, reply.sentence + ": " + reply.mend, out);
      close(c, reply.sentence + ": " + reply.mend, out);
      break;
    case Kind::NoBot:
      warn(c, reply.sentence + ": " + reply.mend, out);
      for (std::size_t other = 0; other < chats_.size(); ++other) {
        chats_[other].warned = chat.warned;  // said once for the whole bot
        close(other, reply.sentence + ": " + reply.mend, out);
      }
      break;
    case Kind::Refused:
      warn(c, reply.sentence + (ids.size() > 1 ? " (the calls are told one by one)" : ""), out);
      break;
  }
  for (const std::uint64_t id : ids)
    if (Job* const job = jobs_.find(id)) told(c, id, *job, reply, ids.size() == 1, out);
  if (reply.kind == Kind::NoTopic) chat.id.topic = 0;
  for (std::size_t other = 0; other < chats_.size(); ++other)
    if (other == c || reply.kind == Kind::NoBot) pump(other, out);
}

/// What the answer means for one of the jobs that were told; `alone`: it was the only one.
void Notifier::told(std::size_t c, std::uint64_t id, Job& job, const Reply& reply, bool alone, hks::Out& out) {
  using Kind = Reply::Kind;
  Progress& p = job.chats[c];
  // The first refusal of a kind changes how it is said; the same again, and it is given up.
  const auto once = [&](bool& tried, const std::string& why) { tried ? fail(c, id, why, out) : void(tried = true); };
  switch (reply.kind) {
    case Kind::Sent:
    case Kind::Empty:
      ++p.next;
      // What has arrived counts at once, also of a job that is parked or stands behind others.
      if (p.next >= job.part_count && (p.state == State::Idle || p.state == State::Queued)) arrived(c, id, out);
      return;
    case Kind::Wait:
    case Kind::Broken: return defer(c, id, chats_[c].pause_left_ms, reply.sentence, false, out);
    case Kind::NoChat:
    case Kind::NoBot:
      return job.key.empty() ? fail(c, id, reply.sentence, out) : defer(c, id, reopens(), chats_[c].closed, true, out);
    case Kind::Moved: return once(p.moved, "the chat moved twice");
    case Kind::BadMarkup: return once(p.plain, reply.sentence);
    case Kind::NoTopic: return chats_[c].id.topic ? void() : fail(c, id, reply.sentence, out);
    case Kind::Refused: return alone ? fail(c, id, reply.sentence, out) : void(p.alone = true);  // which of them?
  }
}

void Notifier::arrived(std::size_t c, std::uint64_t id, hks::Out& out) {
  unqueue(c, id);
  jobs_.at(id).chats[c].state = State::Done;
  conclude(id, out);
}

void Notifier::defer(std::size_t c, std::uint64_t id, std::uint64_t after_ms, const std::string& why, bool mend,
                     hks::Out& out) {
  Job* const job = jobs_.find(id);
  if (!job || job->chats[c].state != State::Queued) return;
  // A notice has no ledger behind it: it waits through a pause, but is not worth more than that.
  if (job->key.empty() && chats_[c].limited) return;
  unqueue(c, id);
  Progress& p = job->chats[c];
  p.state = State::Deferred;
  p.after_ms = after_ms;
  p.mend = mend;
  p.why = why;
  conclude(id, out);
}

void Notifier::fail(std::size_t c, std::uint64_t id, const std::string& why, hks::Out& out) {
  Job* const job = jobs_.find(id);
  if (!job) return;
  unqueue(c, id);
  job->chats[c].state = State::Failed;
  job->chats[c].why = why;
  conclude(id, out);
}

void Notifier::pause(std::size_t c, std::uint64_t ms, hks::Out& out) {
  Chat& chat = chats_[c];
  if (chat.pause_left_ms >= ms) return;
  chat.pause_left_ms = ms;
  out.timer(c * kPerChat + kPause, std::min<std::uint64_t>(ms, 1000));
}

void Notifier::close(std::size_t c, const std::string& why, hks::Out& out) {
  chats_[c].closed = why;
  chats_[c].asked_unix_ms = unix_ms_;
  if (!unix_ms_) out.timer(c * kPerChat + kReopen, kClosed_ms);  // else those that wait for it ask
}

void Notifier::warn(std::size_t c, const std::string& sentence, hks::Out& out) {
  Chat& chat = chats_[c];
  if (chat.warned == sentence) return;
  chat.warned = sentence;
  out.log(HKS_WARN, "Telegram, chat " + chat.id.name + ": " + sentence);
}

void Notifier::unqueue(std::size_t c, std::uint64_t id) { chats_[c].queue.erase(id); }

}  // namespace hookswitch::telegram
