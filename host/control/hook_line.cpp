#include "host/control/hook_line.hpp"

#include <algorithm>

namespace hookswitch::control {

using call::Action;

namespace {
constexpr std::size_t witnesses = 256;  // among which one is looked for
constexpr std::uint64_t mended_again_ms = 30'000;
}  // namespace

HookLine::Entry* HookLine::find(const Key& key) {
  const auto it = entries_.find(name(key));
  return it == entries_.end() ? nullptr : &it->second;
}

/// The entry leaves every list in which it stands.
void HookLine::leave(Entry& e) {
  waiting_.erase(&e);
  if (e.apart) apart_.erase({e.due, &e});
  e.apart = false;
  expiring_.erase({e.expires, &e});
  if (!e.in_hand) return;
  e.in_hand = false;
  --in_hand_;
  if (e.probe) --probes_;
  if (e.session != session_) --old_in_hand_;
}

void HookLine::setMend(Entry& e, bool mend, const std::string& reason) {
  if (mend != e.mend) mend ? ++to_mend_ : --to_mend_;
  e.mend = mend;
  if (mend)
    mend_ = reason;
  else if (!to_mend_)
    mend_.clear();
}

void HookLine::waitApart(Entry& e, std::uint64_t wait_ms, std::uint64_t now_ms) {
  e.due = now_ms + wait_ms;
  e.demanded = true;
  e.apart = true;
  apart_.emplace(e.due, &e);
}

bool HookLine::waitsInLine(Entry& e, const Action& action, Attempt attempt, std::uint64_t now_ms) {
  if (action.apart) {
    e.failures = 0;
    const std::uint64_t own = action.after_ms ? limits_.first_retry_ms : backoff_.wait(e.attempts);
    waitApart(e, std::max(action.after_ms, own), now_ms);
    return false;
  }
  ++e.failures;
  const bool alone = e.failures >= limits_.patience && e.others != through_;
  e.others = through_;
  if (alone) {
    waitApart(e, std::max(action.after_ms, backoff_.wait(e.failures - limits_.patience + 1)), now_ms);
    return false;
  }
  const bool counts = attempt.probe || !probing_;
  if (counts) ++failures_;
  if (attempt.first && counts && e.failures >= limits_.patience) want_witness_ = true;
  probing_ = true;
  const std::uint64_t own = backoff_.wait(failures_);
  e.due = now_ms + std::max(own, action.after_ms);
  e.demanded = action.after_ms > own;
  e.epoch = epoch_;
  return true;
}

std::uint64_t HookLine::put(const Key& key, const Action& action, std::uint64_t now_ms) {
  const auto [it, fresh] = entries_.try_emplace(name(key));
  Entry& e = it->second;
  if (fresh) {
    e.key = key;
    e.first_ms = action.first_ms;
    e.number = ++last_;
  } else if (action.came == Action::Came::restored) {
    return e.due > now_ms ? e.due : 0;
  }
  const bool probe = e.in_hand && e.probe,
             was_first = e.in_hand && (waiting_.empty() || Order()(&e, *waiting_.begin()));
  leave(e);
  e.probe = e.witness = false;
  e.attempts = action.attempt;
  e.expires = action.expires_ms;
  expiring_.emplace(e.expires, &e);
  setMend(e, action.mend, action.reason);
  switch (action.came) {
    case Action::Came::fresh:
    case Action::Came::urged:
      e.due = 0;
      e.failures = 0;
      break;
    case Action::Came::restored:
      e.due = action.after_ms ? now_ms + action.after_ms : 0;
      e.demanded = true;
      // Whatever refused it may be away still: one is tried first.
      if (action.attempt && !action.apart) probing_ = true;
      if (action.apart && e.due) return waitApart(e, action.after_ms, now_ms), e.due;
      break;
    case Action::Came::held:  // nobody has refused it
      if (action.apart) return waitApart(e, action.after_ms, now_ms), e.due;
      e.due = now_ms + action.after_ms;
      e.demanded = true;
      break;
    case Action::Came::refused:
    case Action::Came::unanswered:
      if (!waitsInLine(e, action, {probe, was_first}, now_ms)) return e.due;
      break;
  }
  waiting_.insert(&e);
  return e.due;
}

void HookLine::conclude(const Key& key) {
  Entry* e = find(key);
  if (!e) return;
  leave(*e);
  setMend(*e, false, {});
  entries_.erase(name(key));
}

void HookLine::reached(const Key& key, std::uint64_t now_ms) {
  ++epoch_;
  ++through_;
  failures_ = 0;
  probing_ = want_witness_ = false;
  const Entry* e = find(key);
  // What a person has mended for one is mended for those that wait for the same; not for each of them anew.
  if (e && e->mend && now_ms >= mended_ms_ + mended_again_ms) {
    mended_ms_ = now_ms;
    for (auto it = apart_.begin(); it != apart_.end();) {
      Entry* other = it->second;
      if (!other->mend) {
        ++it;
        continue;
      }
      it = apart_.erase(it);
      other->apart = false;
      other->due = 0;
      waiting_.insert(other);
    }
  }
  if (!e || !e->witness || waiting_.empty()) return;
  // Another one got through where the first of the line did not: it is that one's own affair.
  Entry& first = **waiting_.begin();
  if (first.failures < limits_.patience) return;
  waiting_.erase(&first);
  waitApart(first, std::max(backoff_.wait(first.failures), first.due > now_ms ? first.due - now_ms : 0), now_ms);
}

void HookLine::ripen(std::uint64_t now_ms) {
  while (!apart_.empty() && apart_.begin()->first <= now_ms) {
    Entry* e = apart_.begin()->second;
    apart_.erase(apart_.begin());
    e->apart = false;
    e->due = 0;
    waiting_.insert(e);
  }
}

HookLine::Entry* HookLine::witness() {
  Entry* best = nullptr;
  std::size_t looked = 0;
  for (Entry* e : waiting_) {
    if (looked++ && (!best || e->failures < best->failures)) best = e;  // not the first itself
    if (looked > witnesses || (best && !best->failures)) break;
  }
  return best;
}

HookLine::Entry* HookLine::candidate(std::uint64_t now_ms) {
  ripen(now_ms);
  // A session that was replaced finishes what it has in hand first: its successor would overtake it.
  if (waiting_.empty() || !room()) return nullptr;
  Entry* first = *waiting_.begin();
  if (!held(*first, now_ms)) return first;
  if (!want_witness_ || in_hand_) return nullptr;
  want_witness_ = false;
  Entry* other = witness();
  if (other) other->witness = true;
  return other;
}

void HookLine::hand(Entry& e) {
  waiting_.erase(&e);
  expiring_.erase({e.expires, &e});
  e.in_hand = true;
  e.probe = probing_ && !e.witness;
  if (e.probe) ++probes_;
  e.session = session_;
  ++in_hand_;
}

std::optional<HookLine::Next> HookLine::next(std::uint64_t now_ms) {
  if (!expiring_.empty() && expiring_.begin()->first <= now_ms) {
    Entry* e = expiring_.begin()->second;
    expiring_.erase(expiring_.begin());  // named once
    return Next{e->key, true};
  }
  Entry* e = candidate(now_ms);
  if (!e) return std::nullopt;
  hand(*e);
  return Next{e->key, false};
}

bool HookLine::take(const Key& key, std::uint64_t now_ms) {
  Entry* e = find(key);
  if (!e || e->in_hand || e->apart) return false;
  ripen(now_ms);
  if (!room() || *waiting_.begin() != e || held(*e, now_ms)) return false;
  hand(*e);
  return true;
}

void HookLine::postpone(const Key& key, std::uint64_t ms, std::uint64_t now_ms) {
  Entry* e = find(key);
  if (!e) return;
  leave(*e);
  e->due = now_ms + ms;
  e->demanded = true;
  e->probe = e->witness = false;
  expiring_.emplace(e->expires, e);
  waiting_.insert(e);
}

void HookLine::force(const Key& key) {
  Entry* e = find(key);
  if (!e || e->in_hand) return;
  leave(*e);
  hand(*e);
}

void HookLine::renew(bool new_session) {
  ++epoch_;
  if (new_session) {
    ++session_;
    old_in_hand_ = in_hand_;
  }
  failures_ = 0;
  want_witness_ = false;
  while (!apart_.empty()) {
    Entry* e = apart_.begin()->second;
    apart_.erase(apart_.begin());
    e->apart = false;
    waiting_.insert(e);
  }
  // In case it changes nothing: one is tried, and what it meets the others are spared.
  for (Entry* e : waiting_) {
    probing_ = probing_ || e->attempts;
    e->due = 0;
    e->failures = 0;
    setMend(*e, false, {});
  }
}

bool HookLine::fresh() const {
  return in_hand_ == entries_.size() &&
         std::all_of(entries_.begin(), entries_.end(), [](auto& e) { return !e.second.attempts; });
}

bool HookLine::soon(std::uint64_t now_ms, std::uint64_t soon_ms, std::uint32_t hopeless) const {
  for (const Entry* e :
       {waiting_.empty() ? nullptr : *waiting_.begin(), apart_.empty() ? nullptr : apart_.begin()->second})
    if (e && e->attempts < hopeless && (e->apart ? e->due <= now_ms + soon_ms : !held(*e, now_ms + soon_ms)))
      return true;
  return false;
}

std::optional<std::uint64_t> HookLine::nextDue(std::uint64_t now_ms) const {
  std::optional<std::uint64_t> at;
  auto sooner = [&](std::uint64_t t) {
    if (!at || t < *at) at = t;
  };
  if (!expiring_.empty()) sooner(expiring_.begin()->first);
  if (!room()) return at;
  if (!apart_.empty()) sooner(apart_.begin()->first);
  if (waiting_.empty()) return at;
  const Entry& first = **waiting_.begin();
  sooner(held(first, now_ms) && !(want_witness_ && !in_hand_) ? first.due : now_ms);
  return at;
}

void HookLine::nearCalls(std::uint64_t until_ms, std::unordered_set<std::string>& out) const {
  std::size_t n = 0;
  for (const Entry* e : waiting_) {
    if (n++ == 2 * limits_.window || held(*e, until_ms)) break;
    out.insert(e->key.call);
  }
  for (auto& [due, e] : apart_) {
    if (due > until_ms || n++ == 8 * limits_.window) break;
    out.insert(e->key.call);
  }
}

}  // namespace hookswitch::control
