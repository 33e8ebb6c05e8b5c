#include "plugins/openai/gate.hpp"

#include <algorithm>
#include <utility>

namespace hookswitch::openai {

void Gate::askAnswer() {
  if (std::any_of(queue_.begin(), queue_.end(), [](const Create& c) { return c.overrides.empty(); })) return;
  queue_.push_back({"rc-" + std::to_string(++last_id_), {}});
}

bool Gate::askWith(std::string overrides, bool first) {
  if (queue_.size() >= kMaxWaiting) return false;
  queue_.insert(first ? queue_.begin() : queue_.end(),
                Create{"rc-" + std::to_string(++last_id_), std::move(overrides)});
  return true;
}

void Gate::again(Create create) {
  if (create.attempts < kMaxAttempts) queue_.push_front(std::move(create));
}

std::optional<Create> Gate::next() {
  if (state_ != State::Idle) return {};
  const auto ready = std::find_if(queue_.begin(), queue_.end(),
                                  [&](const Create& c) { return !(caller_turn_ && c.overrides.empty()); });
  if (ready == queue_.end()) return {};
  sent_ = std::move(*ready);
  queue_.erase(ready);
  ++sent_->attempts;
  state_ = State::Requested;
  return sent_;
}

void Gate::created(std::string_view id) {
  if (state_ != State::Requested) {
    // Made by the turn detection: it answers everything the conversation holds by now.
    sent_.reset();
    queue_.erase(std::remove_if(queue_.begin(), queue_.end(), [](const Create& c) { return c.overrides.empty(); }),
                 queue_.end());
  }
  state_ = State::Active;
  active_ = id;
  caller_turn_ = false;
}

bool Gate::done(std::string_view id, std::optional<Create>& mine) {
  if (!active_.empty() && active_ != id) return false;
  if (state_ == State::Requested && active_.empty()) return false;  // an older one ended; ours is on its way
  mine = std::exchange(sent_, std::nullopt);
  active_.clear();
  state_ = State::Idle;
  return true;
}

void Gate::busy(std::string_view event_id) {
  if (!sent_ || (!event_id.empty() && event_id != sent_->id)) return;
  again(std::move(*sent_));
  sent_.reset();
  state_ = State::Active;  // whose id we may not know; response.done or the watchdog frees it
}

std::optional<Create> Gate::refused(std::string_view event_id) {
  if (!sent_ || event_id != sent_->id) return {};
  auto create = std::exchange(sent_, std::nullopt);
  if (active_.empty()) state_ = State::Idle;
  return create;
}

bool Gate::leave() {
  const bool again = sent_ && !sent_->overrides.empty() && sent_->attempts < kMaxAttempts;
  if (again) this->again(std::move(*sent_));
  expired();
  callerTurn(false);
  return again;
}

void Gate::expired() {
  sent_.reset();
  active_.clear();
  state_ = State::Idle;
}

}  // namespace hookswitch::openai
