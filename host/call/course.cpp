#include "host/call/course.hpp"

#include <utility>

namespace hookswitch::call {

void Course::begin(const Life& life, const Now& now) {
  const Record& r = life.record();
  voice_ = r.terms->voice;
  note(What::begun, now, std::string(name(r.terms->direction)) + " through " + r.terms->carrier + " for " + voice_);
  if (r.status == Status::initiating) return;
  // What an earlier run saw of it is not news.
  status_ = r.status;
  leg_ = life.leg();
  witness_ = life.witness();
  sealed_ = r.ended_unix_ms != 0;
  for (auto& row : life.teardown().rows()) hooks_.push_back(row.state);
  note(What::restored, now, name(r.status));
}

void Course::look(const Life& life, const Now& now) {
  const Record& r = life.record();
  if (!std::exchange(begun_, true)) begin(life, now);
  const Leg leg = std::exchange(leg_, life.leg());
  if (leg != leg_ && leg_ == Leg::named) note(What::named, now, r.remote_id);
  const Status before = std::exchange(status_, r.status);
  if (before < Status::ringing && status_ == Status::ringing) note(What::ringing, now);
  if (before < Status::in_progress && status_ == Status::in_progress) note(What::answered, now);
  if (life.hasMedia() != media_) {
    media_ = life.hasMedia();
    note(media_ ? What::media_up : What::media_down, now);
  }
  if (r.terms->voice != voice_) note(What::voice, now, voice_ = r.terms->voice);
  const LegWitness seen = std::exchange(witness_, life.witness());
  if (!seen.stream_stopped && witness_.stream_stopped) note(What::stream_stopped, now);
  if (!seen.unknown_there && witness_.unknown_there) note(What::leg_unknown, now);
  if (leg != leg_ && leg_ == Leg::failed) note(What::leg_failed, now);
  if (leg != leg_ && leg_ == Leg::over) note(What::leg_over, now);
  if (before < Status::ending && status_ >= Status::ending)
    note(What::ending, now, std::string("by ") + name(r.ended_by) + ": " + r.reason);
  lookAtHooks(life, now);
  if (!std::exchange(sealed_, r.ended_unix_ms != 0) && sealed_) note(What::sealed, now, {}, r.durationMs(0));
}

void Course::lookAtHooks(const Life& life, const Now& now) {
  std::size_t i = 0;
  for (auto& row : life.teardown().rows()) {
    if (i == hooks_.size()) hooks_.push_back(HookRow::State::pending);
    const HookRow::State seen = std::exchange(hooks_[i++], row.state);
    // One that is tried again is pending once more: hook_given says that.
    if (row.state == seen || row.state == HookRow::State::pending) continue;
    std::string text = std::string(name(row.phase)) + " of " + row.plugin + ": " + name(row.state);
    if (row.state != HookRow::State::done && !row.error.empty()) text += " (" + row.error + ")";
    note(What::hook, now, text, row.ms);
  }
}

}  // namespace hookswitch::call
