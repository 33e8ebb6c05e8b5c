#include "tests/fakes/twilio_playback.hpp"

#include <algorithm>
#include <utility>

namespace fakes {

namespace {

constexpr std::uint64_t bytes_per_ms = 8;
constexpr std::uint64_t most_buffered_bytes = 10ull * 60 * 1000 * bytes_per_ms;

std::uint64_t toUs(std::uint64_t bytes) { return bytes * 1000 / bytes_per_ms; }
std::uint64_t toBytes(std::uint64_t us) { return us * bytes_per_ms / 1000; }

bool endsItem(const std::string& mark) { return mark.size() >= 4 && mark.compare(mark.size() - 4, 4, "done") == 0; }

}  // namespace

void Playback::playTo(std::uint64_t now_us) {
  if (buffered() == 0) return;
  const std::uint64_t elapsed = now_us > started_us_ ? now_us - started_us_ : 0;
  const std::uint64_t reached = std::min(total_, started_at_ + toBytes(elapsed));
  if (reached > played_to_) {
    runs_.back().bytes += reached - played_to_;
    counters_.bytes_played += reached - played_to_;
    played_to_ = reached;
  }
}

void Playback::advance(std::uint64_t now_us) {
  const bool sounding = buffered() > 0;
  playTo(now_us);
  bool item_over = false;
  while (!marks_.empty() && marks_.front().offset <= played_to_) {
    item_over = endsItem(marks_.front().name);
    echoes_.push_back({std::move(marks_.front().name), true});
    marks_.pop_front();
  }
  if (sounding && buffered() == 0) {
    dry_since_us_ = item_over ? 0 : started_us_ + toUs(played_to_ - started_at_);
    forget();
  } else if (item_over && buffered() == 0) {
    dry_since_us_ = 0;  // the end of the item was announced a moment after its last byte
  }
}

bool Playback::audio(std::uint64_t now_us, std::string_view mulaw) {
  advance(now_us);
  ++counters_.frames;
  counters_.bytes += mulaw.size();
  if (buffered() + mulaw.size() > most_buffered_bytes) {
    counters_.bytes_discarded += mulaw.size();
    return false;
  }
  if (mulaw.empty()) return true;
  if (buffered() == 0) {
    started_us_ = now_us;
    started_at_ = total_;
    if (dry_since_us_ != 0 && now_us > dry_since_us_ && now_us - dry_since_us_ < item_gap_us) {
      const std::uint64_t hole = now_us - dry_since_us_;
      ++counters_.underruns;
      counters_.underrun_us += hole;
      counters_.longest_underrun_us = std::max(counters_.longest_underrun_us, hole);
    }
    dry_since_us_ = 0;
    if (runs_.empty() || runs_.back().offset + runs_.back().bytes != total_ ||
        runs_.back().at_us + toUs(runs_.back().bytes) != now_us)
      runs_.push_back({now_us, total_, 0});
  }
  kept_.append(mulaw);
  total_ += mulaw.size();
  counters_.most_buffered = std::max(counters_.most_buffered, buffered());
  return true;
}

void Playback::mark(std::uint64_t now_us, std::string name) {
  ++counters_.marks;
  marks_.push_back({total_, std::move(name)});
  advance(now_us);
}

void Playback::clear(std::uint64_t now_us) {
  advance(now_us);
  ++counters_.clears;
  counters_.bytes_cleared += buffered();
  played_to_ = total_;
  dry_since_us_ = 0;
  for (Mark& mark : marks_) echoes_.push_back({std::move(mark.name), false});
  marks_.clear();
  forget();
}

std::vector<Playback::Echo> Playback::take() { return std::exchange(echoes_, {}); }

std::uint64_t Playback::nextEchoUs() const {
  if (marks_.empty()) return 0;
  return started_us_ + toUs(marks_.front().offset - started_at_);
}

void Playback::forget() {
  if (kept_.size() <= keep_bytes_) return;
  const std::uint64_t drop = std::min<std::uint64_t>(kept_.size() - keep_bytes_ / 2, played_to_ - kept_from_);
  kept_.erase(0, drop);
  kept_from_ += drop;
}

std::string Playback::heard() const {
  std::string out;
  for (const Run& run : runs_) {
    const std::uint64_t from = std::max(run.offset, kept_from_);
    if (from < run.offset + run.bytes) out.append(kept_, from - kept_from_, run.offset + run.bytes - from);
  }
  return out;
}

std::string Playback::line(std::uint64_t from_us, std::uint64_t to_us) const {
  if (to_us <= from_us) return {};
  std::string out(toBytes(to_us - from_us), '\xff');
  for (const Run& run : runs_) {
    for (std::uint64_t n = 0; n < run.bytes; ++n) {
      const std::uint64_t at = run.at_us + toUs(n);
      if (run.offset + n < kept_from_ || at < from_us) continue;
      const std::uint64_t index = toBytes(at - from_us);
      if (index >= out.size()) break;
      out[index] = kept_[run.offset + n - kept_from_];
    }
  }
  return out;
}

}  // namespace fakes
