#include "host/media/bridge.hpp"

#include <algorithm>

#include "host/base/lent.hpp"

namespace hookswitch::media {

using call::What;

Bridge::Bridge(BridgePorts& ports, ResamplerKind resampler) : ports_(ports), resampler_(resampler) {}

void Bridge::carrierReady(AudioFormat takes, AudioFormat gives) {
  // One that comes back in the middle of a call finds what waits for it.
  if (playout_ && takes == carrier_takes_ && gives == carrier_gives_) {
    carrier_ready_ = true;
    timeline_.forget();
    padded_ = false;
    if (voice_ready_ && !up_) openUp();  // another voice was ready while nobody was there
    return;
  }
  carrier_takes_ = takes;
  carrier_gives_ = gives;
  carrier_ready_ = true;
  timeline_.forget();
  PlayoutOptions options;
  options.format = takes;
  options.piece_ms = piece_ms;
  options.early_ms = early_ms;
  playout_ = std::make_unique<Playout>(options);
  if (voice_ready_) voiceReady(voice_takes_, voice_gives_);
}

void Bridge::carrierLeft(std::int64_t now_us) {
  carrier_ready_ = false;
  if (playout_) playout_->carrierLeft(now_us);
}

void Bridge::hold(bool on, std::int64_t now_us) {
  held_ = on;
  if (!on && playout_) runPlayout(now_us);
}

std::int64_t Bridge::playsUs(std::int64_t now_us) const {
  // The lead, and the way to a carrier that began to play later than we think.
  return playout_ && playout_->plays(now_us) ? 350'000 : 0;
}

void Bridge::insert(std::string_view bytes) {
  const std::size_t piece = piece_ms * bytesPerMs(carrier_takes_);
  for (; !bytes.empty() && carrier_ready_; bytes.remove_prefix(std::min(piece, bytes.size())))
    ports_.carrierAudio(carrier_takes_, bytes.substr(0, piece));
}

void Bridge::voiceReady(AudioFormat takes, AudioFormat gives) {
  voice_takes_ = takes;
  voice_gives_ = gives;
  voice_ready_ = true;
  if (!carrier_ready_) return;
  down_.reset();
  openUp();
}

void Bridge::openUp() {
  up_ = std::make_unique<Transcoder>(carrier_gives_, voice_takes_, resampler_);
  std::string early;
  early.swap(early_);
  if (shielded_) early.clear();
  if (!early.empty()) toVoice(early);
}

void Bridge::voiceGone() {
  voice_ready_ = false;
  up_.reset();
  down_.reset();
  if (playout_ && !down_item_.empty() && playout_->endItem(down_item_)) again_ = true;
  down_item_.clear();
  again_ = again_ || !others_.empty();
  for (Down& down : others_) endDown(down);
  others_.clear();
}

void Bridge::toVoice(std::string_view bytes) {
  if (shielded_) {
    if (!voice_ready_ || !up_) return;
    bytes = silence(bytes.size());  // a hole would stall the turn detection
  }
  if (!voice_ready_ || !up_) {
    early_.append(bytes);
    const std::size_t keep = keep_early_ms * bytesPerMs(carrier_gives_);
    if (early_.size() > keep) {
      counters_.early_dropped += early_.size() - keep;
      ports_.noted(What::early_dropped, early_.size() - keep);
      early_.erase(0, early_.size() - keep);
    }
    return;
  }
  const std::string_view converted = up_->process(bytes);
  if (!converted.empty()) ports_.voiceAudio(voice_takes_, converted);
}

std::string_view Bridge::silence(std::size_t bytes) {
  silence_.resize(bytes);
  fillSilence(carrier_gives_, silence_.data(), bytes);
  return silence_;
}

void Bridge::silenceToVoice(std::uint64_t ms) {
  counters_.gaps_ms += ms;
  for (std::uint64_t left = ms; left > 0;) {
    const std::uint64_t now = std::min<std::uint64_t>(left, 20);
    toVoice(silence(now * bytesPerMs(carrier_gives_)));
    left -= now;
  }
}

void Bridge::carrierAudio(AudioFormat format, std::string_view bytes, std::uint64_t pts_us, std::int64_t now_us) {
  if (!carrier_ready_ || bytes.empty()) return;
  if (format != carrier_gives_) {  // the carrier changed its mind: a new stream begins
    timeline_.forget();
    carrier_gives_ = format;
    if (voice_ready_) up_ = std::make_unique<Transcoder>(format, voice_takes_, resampler_);
  }
  ++counters_.caller_frames;
  const std::uint64_t length_us = bytes.size() * 1000 / bytesPerMs(format);
  if (timeline_.inOrder(pts_us, length_us))
    Bridge::callerFrame(bytes);
  else
    timeline_.take(pts_us, length_us, bytes, now_us);
  padded_ = false;
  last_caller_us_ = now_us;
  if (!held_ && playout_->pending(now_us)) runPlayout(now_us);
}

void Bridge::callerSilence(std::uint64_t ms) {
  ports_.noted(What::caller_gap, ms);
  silenceToVoice(ms);
}

void Bridge::carrierMark(std::string_view name, std::int64_t now_us) {
  if (playout_) ports_.noted(playout_->markEchoed(name, now_us) ? What::mark_echoed : What::mark_unknown, 0);
}

bool Bridge::voiceAudio(AudioFormat format, std::string_view item, std::string_view bytes, std::int64_t now_us) {
  if (!playout_) return false;
  if (item != down_item_ || !down_ || down_->from() != format) switchTo(item, format);
  const std::string_view converted = down_->process(bytes);
  if (converted.empty()) return false;
  const PushResult pushed = playout_->push(item, converted);
  switch (pushed) {
    case PushResult::late:
      ++counters_.late_dropped;
      ports_.noted(What::late_audio, converted.size());
      break;
    case PushResult::overflow:
      ++counters_.overflows;
      ports_.noted(What::queue_full, converted.size());
      break;
    case PushResult::queued: break;
  }
  runPlayout(now_us);
  return pushed != PushResult::late;
}

void Bridge::voiceAudioEnd(std::string_view item, std::int64_t now_us) {
  if (!playout_) return;
  const auto other = std::find_if(others_.begin(), others_.end(), [&](const Down& d) { return d.item == item; });
  if (down_ && item == down_item_) {
    const std::string_view tail = down_->finish();
    if (!tail.empty()) playout_->push(item, tail);
    down_item_.clear();
    playout_->endItem(item);
  } else if (other != others_.end()) {
    endDown(*other);
    others_.erase(other);
  } else {
    playout_->endItem(item);
  }
  runPlayout(now_us);
}

void Bridge::interrupt(std::int64_t now_us) {
  if (!playout_) return;
  ++counters_.interruptions;
  if (down_) down_->reset();
  down_item_.clear();
  others_.clear();
  // While the line is held nothing of the voice's is at the carrier any more, but what stands in its place may be.
  const bool holds = !held_ || playout_->plays(now_us);
  const Interruption cut = playout_->interrupt(now_us);
  ports_.noted(What::barge_in, cut.items.empty() ? 0 : cut.items.front().heard_ms);
  if (cut.flush && holds) {
    ports_.noted(What::cleared, 0);
    ports_.carrierFlush();
  }
  for (auto& item : cut.items) ports_.voiceHeard(item.item, item.heard_ms, item.received_ms);
}

void Bridge::runPlayout(std::int64_t now_us) {
  // A carrier may answer in the same step, and what it says may change the queue under the views: copy, then send.
  again_ = sending_ && !held_;
  if (sending_ || held_) return;
  sending_ = true;
  if (!others_.empty()) passOver(now_us);
  base::lend(due_);
  base::lend(due_bytes_);
  due_.clear();
  due_bytes_.clear();
  const bool idle = playout_->idle();
  const Playout::Counters before = playout_->counters();
  for (auto& action : playout_->due(now_us)) {
    const bool frame = action.kind == PlayoutAction::Kind::frame;
    const std::string_view bytes = frame ? action.audio : action.mark();
    due_.push_back({frame, due_bytes_.size(), bytes.size(), action.late_us});
    due_bytes_.insert(due_bytes_.end(), bytes.begin(), bytes.end());
  }
  playout_->rest();
  notePlayout(idle, before);
  const std::uint32_t generation = playout_->generation();
  for (std::size_t i = 0; i < due_.size() && playout_->generation() == generation; ++i) {
    const std::string_view bytes(due_bytes_.data() + due_[i].begin, due_[i].size);
    if (due_[i].frame) {
      ports_.carrierAudio(carrier_takes_, bytes);
      sent(bytes.size(), due_[i].late_us);
    } else {
      ports_.carrierMark(bytes);
    }
  }
  base::reclaim(due_);
  base::reclaim(due_bytes_);
  sending_ = false;
}

void Bridge::sent(std::size_t bytes, std::int64_t late_us) {
  agent_us_ += bytes * 1000 / bytesPerMs(carrier_takes_);
  const std::uint64_t frames = agent_us_ / 20'000 - counters_.agent_frames;
  counters_.agent_frames += frames;
  if (late_us > 0 || frames > 0) ports_.frameLeft(late_us);
  for (std::uint64_t i = 1; i < frames; ++i) ports_.frameLeft(0);
}

std::int64_t Bridge::nextPaceUs(std::int64_t now_us) const {
  if (!playout_) return base::Pacer::never;
  if (again_) return now_us;
  std::int64_t next = held_ ? base::Pacer::never : playout_->nextUs();
  if (next != base::Pacer::never) next = (next + silent_carrier_us + queue_grid_us - 1) / queue_grid_us * queue_grid_us;
  if (timeline_.untilUs() >= 0) next = std::min(next, timeline_.untilUs());
  if (timeline_.known() && !padded_) next = std::min(next, watchUs(last_caller_us_ + silence_after_us + 1, now_us));
  return next;
}

/// What the turn of the playout has come to; `was_idle` and `before` are of the time before it.
void Bridge::notePlayout(bool was_idle, const Playout::Counters& before) {
  const Playout::Counters& now = playout_->counters();
  const bool dry = now.underruns != before.underruns, idle = playout_->idle();
  if (now.lost_marks != before.lost_marks) ports_.noted(What::mark_lost, 0);
  if (dry) ports_.noted(What::playout_dry, 0);
  if (!dry && !was_idle && idle) ports_.noted(What::playout_over, 0);
  if (!idle && (was_idle || dry)) ports_.noted(What::playout_started, 0);
}

void Bridge::pace(std::int64_t now_us) {
  if (!playout_) return;
  if (timeline_.untilUs() >= 0 && timeline_.untilUs() <= now_us) timeline_.release();
  if (timeline_.known() && !padded_ && now_us - last_caller_us_ > silence_after_us) {
    // A detector of speech that hears nothing at all never finds the end of a sentence.
    padded_ = true;
    ports_.noted(What::caller_silent, 0);
    silenceToVoice(1000);
    timeline_.gaveAhead(1000);
  }
  runPlayout(now_us);
}

}  // namespace hookswitch::media
