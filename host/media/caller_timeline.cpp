#include "host/media/caller_timeline.hpp"

#include <algorithm>
#include <utility>

namespace hookswitch::media {
namespace {

// A stream that begins anew is known by frames that follow each other where others have been already: two when that is
// long ago, more when they may be what the network has sent twice.
constexpr std::uint64_t long_ago_us = 1'000'000, surely_anew_us = 200'000;

}  // namespace

void CallerTimeline::take(std::uint64_t pts_us, std::uint64_t length_us, std::string_view bytes, std::int64_t now_us) {
  const bool timeless = std::exchange(zero_, pts_us == 0) && pts_us == 0 && known_;
  if (timeless) {  // a carrier without times is believed to be in order
    release();
    ahead_us_ = 0;
    give(pts_us, length_us, bytes);
  } else {
    place(pts_us, length_us, bytes, now_us);
  }
  settle();
}

void CallerTimeline::gaveAhead(std::uint64_t ms) {
  release();
  expected_us_ += ms * 1000;
  ahead_us_ = ms * 1000;
  settle();
}

void CallerTimeline::place(std::uint64_t pts_us, std::uint64_t length_us, std::string_view bytes, std::int64_t now_us) {
  if (!known_) return begin(pts_us, length_us, bytes);
  if (pts_us + wobble_us <= expected_us_) {
    if (pts_us + ahead_us_ + wobble_us < expected_us_) return takeOld(pts_us, length_us, bytes);
    return out_.callerFrame(bytes);  // silence was given ahead of it: it is heard, and time stands still
  }
  dropOld();
  ahead_us_ = 0;
  if (pts_us < expected_us_ + wobble_us) {
    give(pts_us, length_us, bytes);
    return giveHeld();
  }
  if (pts_us - expected_us_ > max_gap_us) {
    release();
    return begin(pts_us, length_us, bytes);
  }
  hold(pts_us, length_us, bytes, now_us);
}

void CallerTimeline::begin(std::uint64_t pts_us, std::uint64_t length_us, std::string_view bytes) {
  known_ = true;
  ahead_us_ = 0;
  filled_ = {};
  give(pts_us, length_us, bytes);
}

void CallerTimeline::give(std::uint64_t pts_us, std::uint64_t length_us, std::string_view bytes) {
  expected_us_ = pts_us + length_us;
  out_.callerFrame(bytes);
}

void CallerTimeline::hold(std::uint64_t pts_us, std::uint64_t length_us, std::string_view bytes, std::int64_t now_us) {
  const auto behind = std::find_if(held_.rbegin(), held_.rend(), [&](const Frame& f) { return f.pts_us <= pts_us; });
  if (behind != held_.rend() && behind->pts_us + wobble_us > pts_us) return out_.callerLate(length_us / 1000);
  held_.insert(behind.base(), {pts_us, length_us, std::string(bytes), now_us});
  held_bytes_ += bytes.size();
  const Frame& newest = held_.back();
  while (!held_.empty() &&
         (newest.pts_us + newest.length_us - held_.front().pts_us >= window_us || held_bytes_ > max_held_bytes)) {
    fillTo(held_.front().pts_us);
    giveHeld();
  }
}

/// What is held and has its place now.
void CallerTimeline::giveHeld() {
  while (!held_.empty() && held_.front().pts_us < expected_us_ + wobble_us) {
    const Frame frame = std::move(held_.front());
    held_.pop_front();
    held_bytes_ -= frame.bytes.size();
    if (frame.pts_us + wobble_us <= expected_us_)
      out_.callerLate(frame.length_us / 1000);
    else
      give(frame.pts_us, frame.length_us, frame.bytes);
  }
}

void CallerTimeline::fillTo(std::uint64_t pts_us) {
  if (pts_us < expected_us_ + wobble_us) return;
  const std::uint64_t gap_ms = (pts_us - expected_us_) / 1000;
  filled_[next_filled_] = {expected_us_, pts_us};
  next_filled_ = (next_filled_ + 1) % filled_.size();
  expected_us_ = pts_us;
  out_.callerSilence(gap_ms);
}

void CallerTimeline::release() {
  dropOld();
  while (!held_.empty()) {
    fillTo(held_.front().pts_us);
    giveHeld();
  }
  settle();
}

void CallerTimeline::forget() {
  release();
  known_ = plain_ = false;
  ahead_us_ = 0;
}

void CallerTimeline::takeOld(std::uint64_t pts_us, std::uint64_t length_us, std::string_view bytes) {
  const auto holds = [&](const Span& s) { return pts_us + wobble_us > s.from_us && pts_us < s.to_us; };
  if (std::any_of(filled_.begin(), filled_.end(), holds)) return out_.callerLate(length_us / 1000);
  if (!old_.empty()) {
    const std::uint64_t end = old_.back().pts_us + old_.back().length_us;
    if (pts_us + wobble_us <= end || pts_us >= end + wobble_us) dropOld();
  }
  old_.push_back({pts_us, length_us, std::string(bytes), 0});
  old_us_ += length_us;
  const bool long_ago = pts_us + long_ago_us <= expected_us_;
  if (old_us_ < surely_anew_us && !(long_ago && old_.size() > 1)) return;
  const std::list<Frame> anew = std::exchange(old_, {});
  old_us_ = 0;
  release();
  filled_ = {};
  for (const Frame& frame : anew) give(frame.pts_us, frame.length_us, frame.bytes);
}

void CallerTimeline::dropOld() {
  if (old_.empty()) return;
  out_.callerLate(old_us_ / 1000);
  old_.clear();
  old_us_ = 0;
}

}  // namespace hookswitch::media
