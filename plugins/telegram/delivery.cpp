// The way of a job through one chat. (telegram.md §2-4)
#include "plugins/telegram/notifier.hpp"

#include <hookswitch/json.hpp>
#include <hookswitch/utf8.hpp>

#include <algorithm>

namespace hookswitch::telegram {
namespace {

constexpr std::uint32_t kSend_ms = 10000;        // of one request, below every hook's deadline
constexpr std::uint64_t kMaxBackoff_ms = 60000;
constexpr std::uint64_t kClosed_ms = 600000;     // what only a person can repair is tried again after so long
constexpr std::uint64_t kTick = 1, kPause = 2, kReopen = 3, kPerChat = 4;

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

/// The host's and Telegram's sentences may quote the address, which holds the token.
std::string without(std::string text, const std::string& secret) {
  for (std::size_t at; !secret.empty() && (at = text.find(secret)) != std::string::npos;) text.replace(at, secret.size(), "***");
  return text;
}

}  // namespace

void Notifier::pump(std::size_t c, hks::Out& out) {
  Chat& chat = chats_[c];
  while (!chat.queue.empty() && !chat.in_flight) {
    const std::uint64_t id = chat.queue.front();
    const Job& job = jobs_.at(id);
    if (job.chats[c].next >= job.part_count) arrived(c, id, out);
    else if (!chat.closed.empty()) fail(c, id, chat.closed, out);
    else if (chat.pause_left_ms || !chat.pace.ready()) return;  // a timer comes back here
    else if (!send(c, id, out)) {
      const char* why = "the host could not take the request";
      job.key.empty() ? fail(c, id, why, out) : defer(c, id, 1000, why, out);
    }
  }
}

bool Notifier::send(std::size_t c, std::uint64_t id, hks::Out& out) {
  Chat& chat = chats_[c];
  const Job& job = jobs_.at(id);
  const Progress& p = job.chats[c];
  const std::string json = body(chat.id, job.parts[p.next], p.plain);
  const bool taken = call(
      out, {"POST", config_.send_url, {{"Content-Type", "application/json"}}, json, kSend_ms},
      [this, c, id](const hks_http& response, hks::Out& o) {
        Reply reply = readReply(response.status, hks::text(response.body), hks::header(response, "Retry-After"));
        reply.sentence = without(std::move(reply.sentence), config_.token);
        answered(c, id, reply, o);
      });
  if (!taken) return false;
  chat.in_flight = id;
  chat.pace.sent();
  if (!chat.ticking) out.timer(c * kPerChat + kTick, 1000);
  chat.ticking = true;
  return true;
}

void Notifier::answered(std::size_t c, std::uint64_t id, const Reply& reply, hks::Out& out) {
  using Kind = Reply::Kind;
  Chat& chat = chats_[c];
  chat.in_flight = 0;
  const auto it = jobs_.find(id);
  Progress none;
  Progress& p = it == jobs_.end() ? none : it->second.chats[c];
  switch (reply.kind) {
    case Kind::Sent:
      chat.failures = chat.limited = 0;
      chat.warned.clear();
      ++p.next;
      break;
    case Kind::Empty:
      ++p.next;
      break;
    case Kind::Wait: {
      const std::uint64_t ms = reply.retry_after_s * std::uint64_t(1000) + random(reply.retry_after_s * std::uint64_t(100) + 1);
      warn(c, reply.sentence, out);
      // A second refusal without a success in between means the bot as a whole is too fast.
      if (++chat.limited > 1) for (std::size_t other = 0; other < chats_.size(); ++other) pause(other, ms, out);
      else pause(c, ms, out);
      defer(c, id, ms, reply.sentence, out);
      break;
    }
    case Kind::Broken: {
      const std::uint64_t base = std::min(kMaxBackoff_ms, std::uint64_t(1000) << std::min<std::uint32_t>(chat.failures, 6));
      const std::uint64_t ms = base + random(base / 2);
      ++chat.failures;
      warn(c, reply.sentence, out);
      pause(c, ms, out);
      defer(c, id, ms, reply.sentence, out);
      break;
    }
    case Kind::Moved:
      if (p.moved) { fail(c, id, "the chat moved twice", out); break; }
      p.moved = true;
      warn(c, "the group became a supergroup: write " + std::to_string(reply.moved_to) + " into telegram.chat_id instead of " +
                  chat.id.name, out);
      chat.id.json = std::to_string(reply.moved_to);
      break;
    case Kind::BadMarkup:
      if (p.plain) { fail(c, id, reply.sentence, out); break; }
      p.plain = true;
      warn(c, reply.sentence + " (sent again without markup)", out);
      break;
    case Kind::NoTopic:
      if (!chat.id.topic) { fail(c, id, reply.sentence, out); break; }
      warn(c, "topic " + std::to_string(chat.id.topic) + " is gone: sent without it; correct telegram.chat_id", out);
      chat.id.topic = 0;
      break;
    case Kind::NoChat:
      warn(c, reply.sentence + " (nothing is sent to this chat for ten minutes)", out);
      close(c, reply.sentence, out);
      fail(c, id, reply.sentence, out);
      break;
    case Kind::NoBot:
      warn(c, reply.sentence + " (the bot token is wrong or revoked; nothing is sent for ten minutes)", out);
      for (std::size_t other = 0; other < chats_.size(); ++other) {
        chats_[other].warned = chat.warned;  // said once for the whole bot
        close(other, reply.sentence, out);
      }
      fail(c, id, reply.sentence, out);
      for (std::size_t other = 0; other < chats_.size(); ++other) if (other != c) pump(other, out);
      break;
    case Kind::Refused:
      warn(c, reply.sentence, out);
      fail(c, id, reply.sentence, out);
      break;
  }
  // What has arrived counts at once, also of a job that is parked or stands behind others.
  const auto job = jobs_.find(id);
  if (job != jobs_.end() && job->second.chats[c].next >= job->second.part_count) {
    const State state = job->second.chats[c].state;
    if (state == State::Idle || state == State::Queued) arrived(c, id, out);
  }
  pump(c, out);
}

void Notifier::arrived(std::size_t c, std::uint64_t id, hks::Out& out) {
  unqueue(c, id);
  jobs_.at(id).chats[c].state = State::Done;
  conclude(id, out);
}

void Notifier::defer(std::size_t c, std::uint64_t id, std::uint64_t after_ms, const std::string& why, hks::Out& out) {
  const auto it = jobs_.find(id);
  if (it == jobs_.end() || it->second.chats[c].state != State::Queued) return;
  // A notice has no ledger behind it: it waits through a pause, but is not worth more than that.
  if (it->second.key.empty() && chats_[c].limited) return;
  unqueue(c, id);
  Progress& p = it->second.chats[c];
  p.state = State::Deferred;
  p.after_ms = after_ms;
  p.why = why;
  conclude(id, out);
}

void Notifier::fail(std::size_t c, std::uint64_t id, const std::string& why, hks::Out& out) {
  const auto it = jobs_.find(id);
  if (it == jobs_.end()) return;
  unqueue(c, id);
  it->second.chats[c].state = State::Failed;
  it->second.chats[c].why = why;
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
  out.timer(c * kPerChat + kReopen, kClosed_ms);
}

void Notifier::warn(std::size_t c, const std::string& sentence, hks::Out& out) {
  Chat& chat = chats_[c];
  if (chat.warned == sentence) return;
  chat.warned = sentence;
  out.log(HKS_WARN, "Telegram, chat " + chat.id.name + ": " + sentence);
}

void Notifier::unqueue(std::size_t c, std::uint64_t id) {
  auto& queue = chats_[c].queue;
  queue.erase(std::remove(queue.begin(), queue.end(), id), queue.end());
}

}  // namespace hookswitch::telegram
