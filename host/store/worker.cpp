#include "host/store/worker.hpp"

#include <algorithm>
#include <utility>

#include "host/base/log.hpp"
#include "host/store/schema.hpp"
#include "host/test_points.hpp"

namespace hookswitch::store {
namespace {

constexpr std::size_t kChunk = 4096;
constexpr std::uint32_t kImpatientMs = 50;  // for the lock, once a wait for it has failed
constexpr auto kSweepEvery = std::chrono::minutes(10), kSweepAgain = std::chrono::minutes(1);
constexpr std::uint64_t kDayMs = 24ull * 3600 * 1000;

const Write& value(const Write& write) { return write; }
const Write& value(const Write* write) { return *write; }

}  // namespace

Worker::Worker(const StoreOptions& options)
    : options_(options),
      database_({options.path, options.max_mb, options.busy_ms}, schemaVersion()),
      writer_(database_),
      reader_(database_, backlog_),
      sweeper_(database_),
      backlog_(options.max_backlog_bytes),
      chunk_(kChunk),
      sweep_at_(Clock::now()),
      keep_days_(options.keep_days) {
  migrate(database_, migrations());
}

std::uint64_t Worker::unixMs() const {
  if (options_.unix_ms) return options_.unix_ms();
  return std::uint64_t(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

template <class Writes>
void Worker::transaction(const Writes& writes) {
  database_.guarded([&] {
    database_.begin();
    for (const auto& write : writes) writer_.apply(value(write));
    HOOKSWITCH_CUT("store.before_commit", "");
    database_.commit();
  });
  HOOKSWITCH_CUT("store.after_commit", "");
  ++commits_;
  writes_ += writes.size();
}

bool Worker::commit(std::vector<Write> writes) {
  if (failing_) {
    keep(writes);
    return Clock::now() >= retry_at_ && flush(std::chrono::milliseconds(500));
  }
  if (writes.empty()) return true;
  try {
    transaction(writes);
    return true;
  } catch (const StoreError& e) {
    failed(e);
    keep(writes);
    return false;
  }
}

bool Worker::readWorked() {
  if (read_error_.empty()) return false;
  read_error_.clear();
  // What fails and works in turns must not fill the log either.
  if (std::exchange(read_said_, false)) log::notice("store", "what is stored can be read again");
  return true;
}

bool Worker::readFailed(const std::string& why) {
  const auto now = Clock::now();
  if (read_logged_at_ == Clock::time_point{} ||
      now - read_logged_at_ >= std::chrono::milliseconds(options_.remind_ms)) {
    read_logged_at_ = now;
    read_said_ = true;
    log::error("store", "what was asked for could not be read: " + why);
  }
  if (read_error_ == why) return false;
  read_error_ = why;
  return true;
}

void Worker::keep(std::vector<Write>& writes) {
  std::size_t dropped = 0;
  for (auto& write : writes) dropped += backlog_.add(std::move(write));
  if (dropped && !dropped_)
    log::error("store", "what waits in memory has reached " + std::to_string(options_.max_backlog_bytes) +
                            " bytes; lines of transcripts are lost from now on, then other writes: " + error_);
  dropped_ += dropped;
}

void Worker::failed(const StoreError& why) {
  writer_.forget();
  database_.rollback();
  ++failures_;
  const auto now = Clock::now();
  fault_ = why.fault;
  error_ = why.what();
  retry_at_ = now + std::chrono::milliseconds(options_.retry_ms);
  if (!failing_) {
    failing_ = true;
    failing_since_ = logged_at_ = now;
    database_.setBusy(std::min(kImpatientMs, options_.busy_ms));
    log::error("store", "nothing can be written, calls go on and their records wait in memory: " + error_);
  } else if (now - logged_at_ >= std::chrono::milliseconds(options_.remind_ms)) {
    logged_at_ = now;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - failing_since_).count();
    log::error("store", "for " + std::to_string(seconds) + " s nothing could be written: " + error_ + waiting());
  }
}

bool Worker::flush(Clock::duration at_most) {
  const auto begin = Clock::now();
  while (!backlog_.empty()) {
    const auto some = backlog_.front(chunk_);
    try {
      transaction(some);
    } catch (const StoreError& e) {
      failed(e);
      chunk_ = std::max<std::size_t>(1, chunk_ / 8);  // a little may still fit where much does not
      return false;
    }
    backlog_.drop(some.size());
    chunk_ = std::min(kChunk, chunk_ * 8);
    if (Clock::now() - begin > at_most && !backlog_.empty()) {
      retry_at_ = Clock::now();
      return false;
    }
  }
  failing_ = false;
  database_.setBusy(options_.busy_ms);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - failing_since_).count();
  log::notice("store", "everything is written again, after " + std::to_string(ms) + " ms" +
                           (dropped_ ? "; " + std::to_string(dropped_) + " writes were lost" : std::string()));
  error_.clear();
  dropped_total_ += std::exchange(dropped_, 0);
  return true;
}

void Worker::work() {
  // What is too old may be what fills the file.
  if (failing_ ? fault_ == Fault::full && Clock::now() >= retry_at_ : Clock::now() >= sweep_at_) sweep();
  if (failing_ && Clock::now() >= retry_at_) flush(std::chrono::milliseconds(500));
}

Worker::Clock::time_point Worker::due() const { return failing_ ? retry_at_ : sweep_at_; }

void Worker::sweep() {
  const std::uint64_t now = unixMs(), keep = std::uint64_t(keep_days_) * kDayMs;
  database_.setBusy(std::min(kImpatientMs, options_.busy_ms));  // nothing of this is urgent enough to hold up a call
  try {
    const std::size_t removed = sweeper_.sweep(keep_days_ && now > keep ? now - keep : 0,
                                               now > Store::keep_keys_ms ? now - Store::keep_keys_ms : 0);
    sweeps_ += removed > 0;
    sweep_at_ = removed ? Clock::now() : Clock::now() + kSweepEvery;
  } catch (const StoreError& e) {
    database_.rollback();
    sweep_at_ = Clock::now() + kSweepAgain;
    if (!failing_ && e.fault != Fault::busy)
      log::warn("store", std::string("what is older than store.keep_days could not be removed: ") + e.what());
  }
  if (!failing_) database_.setBusy(options_.busy_ms);
}

void Worker::setKeepDays(std::uint32_t days) {
  keep_days_ = days;
  sweep_at_ = Clock::now();
}

void Worker::close() {
  if (failing_ && !flush(std::chrono::hours(1)))
    log::error("store", "the process ends and " + std::to_string(backlog_.size()) + " writes are lost: " + error_);
}

std::string Worker::waiting() const { return "; " + std::to_string(backlog_.size()) + " writes wait in memory"; }

StoreHealth Worker::health() const {
  StoreHealth h;
  h.ok = !failing_ && read_error_.empty();
  if (!read_error_.empty()) h.error = "what is stored could not be read: " + read_error_;
  if (failing_) h.error = error_ + waiting();
  h.backlog = backlog_.size();
  h.commits = commits_;
  h.writes = writes_;
  h.failures = failures_;
  h.sweeps = sweeps_;
  h.dropped = dropped_total_ + dropped_;
  return h;
}

}  // namespace hookswitch::store
