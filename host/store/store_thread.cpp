#include "host/store/store_thread.hpp"

#include <pthread.h>

#include <chrono>
#include <exception>
#include <utility>

#include "host/base/barrier.hpp"
#include "host/base/log.hpp"

namespace hookswitch::store {

StoreThread::StoreThread(StoreOptions options, Store::Executor executor)
    : options_(std::move(options)),
      executor_(std::move(executor)),
      worker_(std::in_place, options_),
      queue_(options_.max_backlog_bytes),
      watch_(options_) {
  published_ = worker_->health();
}

Unfinished StoreThread::loadUnfinished() {
  try {
    const std::uint64_t now = worker_->unixMs();
    return worker_->reader().unfinished(now > Store::keep_keys_ms ? now - Store::keep_keys_ms : 0);
  } catch (const StoreError& e) {
    throw StoreError(e.fault, std::string("store.path: ") + e.what());
  }
}

void StoreThread::start() {
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "store");
    run();
  });
}

void StoreThread::stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable())
    thread_.join();
  else
    run();  // never started: what was put is committed all the same
  worker_.reset();
}

void StoreThread::run() {
  for (bool more = true; more;) {
    if (base::guarded("store", "a turn", [&] { more = turn(); })) continue;
    // Whoever waits for what was in hand has waited long enough; the next turn goes on with what came behind it.
    base::guarded("store", "the answer to what was in hand", [&] { answer(waitersUpTo(queue_.taken()), false); });
    // What fails at once must not fill the log. A stop does not wait for that.
    std::unique_lock<std::mutex> lock(mutex_);
    wake_.wait_for(lock, std::chrono::milliseconds(100), [this, before = stopping_] { return stopping_ != before; });
  }
  base::guarded("store", "the end", [&] { worker_->close(); });
  std::deque<Waiter> late;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    published_ = worker_->health();
    late.swap(waiters_);  // of puts that came after the last turn began
  }
  answer(std::move(late), false);
}

/// One round: a commit, whatever is due, a part of a read. False: stop, nothing is left.
bool StoreThread::turn() {
  std::uint64_t last = 0;
  std::vector<Write> batch;
  Job job;
  if (!takeWork(batch, last, job)) return false;
  if (last) write(std::move(batch), last);
  if (worker_->due() <= Worker::Clock::now()) occupied([this] { worker_->work(); });
  if (job.part) readSome(std::move(job));
  return true;
}

/// Waits for something to do. `last`: the number of the latest put of the batch; 0: there is none.
bool StoreThread::takeWork(std::vector<Write>& batch, std::uint64_t& last, Job& job) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto ready = [this] { return !queue_.empty() || !jobs_.empty() || keep_days_ || stopping_; };
  wake_.wait_until(lock, worker_->due(), ready);
  if (stopping_ && queue_.empty() && jobs_.empty()) return false;
  if (!queue_.empty()) {
    batch = queue_.take();
    writing_ = batch.size();
    last = queue_.taken();
  }
  // A batch is bounded, so what was put before a read was asked for may still be queued.
  if (!jobs_.empty() && jobs_.front().after <= queue_.taken()) {
    job = std::move(jobs_.front());
    jobs_.pop_front();
  }
  if (keep_days_) worker_->setKeepDays(*std::exchange(keep_days_, std::nullopt));
  return true;
}

void StoreThread::write(std::vector<Write> batch, std::uint64_t last) {
  bool durable = false;
  occupied([&] { durable = worker_->commit(std::move(batch)); });
  answer(waitersUpTo(last), durable);
}

/// What the thread does now may take as long as the disk likes; afterwards the others may know how it went.
void StoreThread::occupied(const std::function<void()>& act) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    watch_.begin();
  }
  try {
    act();
  } catch (...) {  // whatever it was, the thread is free again
    freed();
    throw;
  }
  freed();
}

void StoreThread::freed() {
  std::optional<std::uint64_t> hung_ms;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    published_ = worker_->health();
    failing_ = worker_->failing();
    if (!failing_) unwritten_.written(queue_.taken());
    writing_ = 0;
    hung_ms = watch_.end();
  }
  if (hung_ms) log::notice("store", "the disk answers again, after " + std::to_string(*hung_ms) + " ms");
}

std::deque<StoreThread::Waiter> StoreThread::waitersUpTo(std::uint64_t put) {
  std::deque<Waiter> ready;
  std::lock_guard<std::mutex> lock(mutex_);
  while (!waiters_.empty() && waiters_.front().put <= put) {
    ready.push_back(std::move(waiters_.front()));
    waiters_.pop_front();
  }
  return ready;
}

void StoreThread::answer(std::deque<Waiter> ready, bool durable) {
  for (auto& waiter : ready) executor_([then = std::move(waiter.then), durable] { then(durable); });
}

/// Those who wait for a thread that hangs. The mutex is held.
std::deque<StoreThread::Waiter> StoreThread::abandoned() {
  std::deque<Waiter> out;
  if (!watch_.hangs()) return out;
  out.swap(waiters_);
  if (watch_.mustBeSaid())
    log::error("store", "a commit has been under way for " + std::to_string(watch_.lasts()) +
                            " ms, calls go on and their records wait in memory: the disk does not answer, or another "
                            "process holds the file");
  return out;
}

void StoreThread::put(std::vector<Write> writes, std::function<void(bool)> then) {
  Put put = Put::of(std::move(writes));
  const auto calls = Unwritten::callsOf(put.writes);
  bool admitted = false;
  std::deque<Waiter> hopeless;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    admitted = !closed_ && queue_.admit(std::move(put));
    if (admitted) unwritten_.put(calls, queue_.latest());
    if (admitted && then) waiters_.push_back({queue_.latest(), std::exchange(then, nullptr)});
    hopeless = abandoned();
  }
  wake_.notify_one();
  if (then) executor_([then = std::move(then)] { then(false); });
  answer(std::move(hopeless), false);
}

void StoreThread::read(ReadPart part, std::function<void(bool)> done) {
  bool admitted = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    admitted = !closed_;
    if (admitted) jobs_.push_back({std::move(part), std::exchange(done, nullptr), queue_.latest()});
  }
  wake_.notify_one();
  if (done) executor_([done = std::move(done)] { done(false); });
}

void StoreThread::readSome(Job job) {
  bool readable = false;
  if (readPart(job, readable)) {
    executor_([done = std::move(job.done), readable] { done(readable); });
  } else {
    std::lock_guard<std::mutex> lock(mutex_);
    jobs_.push_back(std::move(job));  // short reads get in between
  }
}

/// True: the read is over. How it went is known before it is answered, so that whoever has the answer sees it in the
/// health.
bool StoreThread::readPart(const Job& job, bool& readable) {
  bool other_health = false;
  try {
    if (!job.part(worker_->reader())) return false;
    readable = true;
    other_health = worker_->readWorked();
  } catch (const std::exception& e) {
    other_health = worker_->readFailed(e.what());
  }
  if (!other_health) return true;
  std::lock_guard<std::mutex> lock(mutex_);
  published_ = worker_->health();
  return true;
}

bool StoreThread::stored(const std::string& call) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return !unwritten_.has(call) || (!failing_ && !watch_.hangs());
}

void StoreThread::setKeepDays(std::uint32_t days) {
  std::lock_guard<std::mutex> lock(mutex_);
  keep_days_ = days;
  wake_.notify_one();
}

StoreHealth StoreThread::health() {
  std::deque<Waiter> hopeless;
  StoreHealth h;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    h = published_;
    h.backlog += queue_.writes() + writing_;
    h.dropped += queue_.refused();
    if (watch_.hangs()) {
      h.ok = false;
      h.hangs = true;
      h.error = "a commit has been under way for " + std::to_string(watch_.lasts()) +
                " ms: the disk does not answer, or another process holds the file; " + std::to_string(h.backlog) +
                " writes wait in memory";
    }
    hopeless = abandoned();
  }
  answer(std::move(hopeless), false);
  return h;
}

}  // namespace hookswitch::store
