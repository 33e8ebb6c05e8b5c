#include "host/store/store.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <variant>

#include "host/base/barrier.hpp"
#include "host/base/log.hpp"
#include "host/store/history_read.hpp"
#include "host/store/unwritten.hpp"
#include "host/store/worker.hpp"

namespace hookswitch::store {
namespace {

using Clock = Worker::Clock;
constexpr std::size_t kBatchWrites = 8192, kBatchBytes = 16 * 1024 * 1024;  // of one transaction: others wait for it

std::uint64_t monotonicMs() {
  return std::uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch()).count());
}

}  // namespace

struct Store::Impl {
  /// A read, in parts: `part` returns true when that was all. It sees every put up to the number `after`.
  struct Job {
    std::function<bool(Reader&)> part;
    std::uint64_t after = 0;
  };
  struct Put {
    std::vector<Write> writes;
    std::size_t bytes, line_bytes;
  };
  struct Waiter {
    std::uint64_t put;
    std::function<void(bool)> then;
  };

  Impl(StoreOptions o, Executor e) : options(std::move(o)), executor(std::move(e)), worker(std::in_place, options) {
    published = worker->health();
  }

  void run();
  bool turn();
  std::vector<Write> takeBatch(std::unique_lock<std::mutex>& lock, std::uint64_t& last);
  void answer(std::uint64_t up_to, bool durable);
  void answer(std::deque<Waiter> waiters, bool durable);
  std::uint64_t nowMs() const { return options.now_ms ? options.now_ms() : monotonicMs(); }
  std::uint64_t msSince(std::uint64_t then) const { return nowMs() - then; }
  bool hangs() const { return busy && msSince(busy_since) > options.slow_ms; }
  std::deque<Waiter> abandoned();
  std::size_t dropLines(Put& put);
  bool admit(Put put);
  void occupied(bool is);
  void readSome(Job job);
  void readEnded(const std::exception* error);
  template <class T>
  void ask(std::function<T(Reader&)> read, std::function<void(Answer<T>)> then);
  void enqueue(std::function<bool(Reader&)> part, std::function<void()> refused);

  const StoreOptions options;
  const Executor executor;
  std::optional<Worker> worker;  // [store] while the thread runs
  std::thread thread;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable wake;
  std::deque<Put> queue;
  std::size_t queue_bytes = 0, queue_line_bytes = 0, queue_writes = 0, writing = 0;
  std::deque<Waiter> waiters;         // in the order of the puts they belong to
  std::uint64_t puts = 0, taken = 0;  // numbers of the latest put, and of the latest that the thread took
  Unwritten unwritten;
  bool failing = false;  // what is given waits in the worker's backlog
  std::deque<Job> jobs;
  std::optional<std::uint32_t> keep_days;
  StoreHealth published;
  std::uint64_t refused_writes = 0;
  std::uint64_t busy_since = 0, complained_at = 0;
  bool busy = false, hung = false, stopping = false, closed = false;
};

Store::Store(StoreOptions options, Executor executor)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(executor))) {}
Store::~Store() { stop(); }

Unfinished Store::loadUnfinished() {
  try {
    const std::uint64_t now = impl_->worker->unixMs();
    return impl_->worker->reader().unfinished(now > keep_keys_ms ? now - keep_keys_ms : 0);
  } catch (const std::exception& e) {
    throw std::runtime_error("store.path: " + impl_->worker->explain(e));
  }
}

void Store::start() {
  impl_->thread = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "store");
    impl_->run();
  });
}

void Store::stop() {
  {
    std::lock_guard<std::mutex> lock(impl_->mutex);
    if (impl_->closed) return;
    impl_->stopping = true;
  }
  impl_->wake.notify_one();
  if (impl_->thread.joinable())
    impl_->thread.join();
  else
    impl_->run();  // never started: what was put is committed all the same
  impl_->worker.reset();
}

void Store::Impl::run() {
  for (bool more = true; more;) {
    if (base::guarded("store", "a turn", [&] { more = turn(); })) continue;
    // Whoever waits for what was in hand has waited long enough; the next turn goes on with what came behind it.
    base::guarded("store", "the answer to what was in hand", [&] { answer(taken, false); });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // what fails at once must not fill the log
  }
  base::guarded("store", "the end", [&] { worker->close(); });
  std::deque<Waiter> late;
  {
    std::lock_guard<std::mutex> lock(mutex);
    closed = true;
    published = worker->health();
    late.swap(waiters);  // of puts that came after the last turn began
  }
  answer(std::move(late), false);
}

/// One round: a commit, whatever is due, a part of a read. False: stop, nothing is left.
bool Store::Impl::turn() {
  std::uint64_t last = 0;
  std::vector<Write> batch;
  Job job;
  {
    std::unique_lock<std::mutex> lock(mutex);
    const auto ready = [this] { return !queue.empty() || !jobs.empty() || keep_days || stopping; };
    wake.wait_until(lock, worker->due(), ready);
    if (stopping && queue.empty() && jobs.empty()) return false;
    batch = takeBatch(lock, last);
    // A batch is bounded, so what was put before a read was asked for may still be queued.
    if (!jobs.empty() && jobs.front().after <= taken) {
      job = std::move(jobs.front());
      jobs.pop_front();
    }
    if (keep_days) worker->setKeepDays(*std::exchange(keep_days, std::nullopt));
  }
  if (last) {
    occupied(true);
    const bool durable = worker->commit(std::move(batch));
    occupied(false);
    answer(last, durable);
  }
  if (worker->due() <= Clock::now()) {
    occupied(true);
    worker->work();
    occupied(false);
  }
  if (job.part) readSome(std::move(job));
  return true;
}

std::vector<Write> Store::Impl::takeBatch(std::unique_lock<std::mutex>&, std::uint64_t& last) {
  std::vector<Write> batch;
  std::size_t bytes = 0;
  while (!queue.empty() && batch.size() < kBatchWrites && bytes < kBatchBytes) {
    Put& put = queue.front();
    bytes += put.bytes;
    queue_line_bytes -= put.line_bytes;
    if (batch.empty())
      batch = std::move(put.writes);
    else
      batch.insert(batch.end(), std::make_move_iterator(put.writes.begin()), std::make_move_iterator(put.writes.end()));
    queue.pop_front();
    last = ++taken;
  }
  queue_bytes -= bytes;
  queue_writes -= batch.size();
  writing = batch.size();
  return batch;
}

void Store::Impl::answer(std::uint64_t up_to, bool durable) {
  std::deque<Waiter> ready;
  {
    std::lock_guard<std::mutex> lock(mutex);
    while (!waiters.empty() && waiters.front().put <= up_to) {
      ready.push_back(std::move(waiters.front()));
      waiters.pop_front();
    }
  }
  answer(std::move(ready), durable);
}

void Store::Impl::answer(std::deque<Waiter> ready, bool durable) {
  for (auto& waiter : ready) executor([then = std::move(waiter.then), durable] { then(durable); });
}

/// What the thread does now may take as long as the disk likes; afterwards the others may know how it went.
void Store::Impl::occupied(bool is) {
  bool recovered = false;
  std::uint64_t ms = 0;
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (!is) {
      published = worker->health();
      failing = worker->failing();
      if (!failing) unwritten.written(taken);
      writing = 0;
      recovered = std::exchange(hung, false);
      ms = msSince(busy_since);
    }
    busy = is;
    busy_since = nowMs();
  }
  if (recovered) log::notice("store", "the disk answers again, after " + std::to_string(ms) + " ms");
}

/// Those who wait for a thread that hangs. The mutex is held.
std::deque<Store::Impl::Waiter> Store::Impl::abandoned() {
  std::deque<Waiter> out;
  if (!hangs()) return out;
  out.swap(waiters);
  if (!hung || msSince(complained_at) >= options.remind_ms) {
    hung = true;
    complained_at = nowMs();
    log::error("store", "a commit has been under way for " + std::to_string(msSince(busy_since)) +
                            " ms, calls go on and their records wait in memory: the disk does not answer, or another "
                            "process holds the file");
  }
  return out;
}

/// Takes the lines of transcripts out of a put.
std::size_t Store::Impl::dropLines(Put& put) {
  const auto lines = std::remove_if(put.writes.begin(), put.writes.end(),
                                    [](const Write& w) { return std::holds_alternative<SaveLine>(w); });
  const auto dropped = std::size_t(put.writes.end() - lines);
  put.writes.erase(lines, put.writes.end());
  put.bytes -= std::exchange(put.line_bytes, 0);
  return dropped;
}

/// Queues within the bound; false: there was no room even without a single line. The mutex is held.
bool Store::Impl::admit(Put put) {
  const auto fits = [&] { return queue_bytes + put.bytes <= options.max_backlog_bytes; };
  if (!fits()) {
    if (!refused_writes)
      log::error("store", "what waits for the disk has reached " + std::to_string(options.max_backlog_bytes) +
                              " bytes; lines of transcripts are lost from now on, then other writes");
    if (queue_line_bytes > 0) {
      std::size_t dropped = 0;
      for (auto& queued : queue) dropped += dropLines(queued);
      queue_bytes -= std::exchange(queue_line_bytes, 0);
      queue_writes -= dropped;
      refused_writes += dropped;
    }
    if (!fits()) refused_writes += dropLines(put);
    if (!fits()) {
      refused_writes += put.writes.size();
      return false;
    }
  }
  queue_bytes += put.bytes;
  queue_line_bytes += put.line_bytes;
  queue_writes += put.writes.size();
  queue.push_back(std::move(put));
  ++puts;
  return true;
}

void Store::put(std::vector<Write> writes, std::function<void(bool)> then) {
  std::size_t bytes = 0, line_bytes = 0;
  for (auto& write : writes) {
    if (auto* save = std::get_if<SaveCall>(&write)) {
      if (!save->record.terms) throw std::invalid_argument("a call without terms cannot be stored");
      save->record.transcript = {};  // its lines come by themselves
    }
    const std::size_t cost = weight(write);
    bytes += cost;
    if (std::holds_alternative<SaveLine>(write)) line_bytes += cost;
  }
  const auto calls = Unwritten::callsOf(writes);
  auto& s = *impl_;
  bool admitted = false;
  std::deque<Impl::Waiter> abandoned;
  {
    std::lock_guard<std::mutex> lock(s.mutex);
    admitted = !s.closed && s.admit({std::move(writes), bytes, line_bytes});
    if (admitted) s.unwritten.put(calls, s.puts);
    if (admitted && then) s.waiters.push_back({s.puts, std::move(then)});
    abandoned = s.abandoned();
  }
  s.wake.notify_one();
  if (!admitted && then) s.executor([then = std::move(then)] { then(false); });
  s.answer(std::move(abandoned), false);
}

void Store::Impl::readSome(Job job) {
  if (job.part(worker->reader())) return;
  std::lock_guard<std::mutex> lock(mutex);
  jobs.push_back(std::move(job));  // short reads get in between
}

void Store::Impl::enqueue(std::function<bool(Reader&)> part, std::function<void()> refused) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (!closed) {
      jobs.push_back({std::move(part), puts});
      refused = nullptr;
    }
  }
  wake.notify_one();
  if (refused) executor(std::move(refused));
}

/// How a read went; before it is answered, so that whoever has the answer sees it in the health.
void Store::Impl::readEnded(const std::exception* error) {
  if (!worker->readEnded(error)) return;
  std::lock_guard<std::mutex> lock(mutex);
  published = worker->health();
}

template <class T>
void Store::Impl::ask(std::function<T(Reader&)> read, std::function<void(Answer<T>)> then) {
  enqueue(
      [this, read, then](Reader& reader) {
        const auto answer = std::make_shared<Answer<T>>();
        try {
          answer->value = read(reader);
          answer->readable = true;
          readEnded(nullptr);
        } catch (const std::exception& e) {
          readEnded(&e);
        }
        executor([answer, then] { then(std::move(*answer)); });
        return true;
      },
      [then] { then({}); });
}

void Store::find(const std::string& call, std::function<void(Answer<std::optional<StoredCall>>)> then) {
  impl_->ask<std::optional<StoredCall>>([call](Reader& reader) { return reader.find(call); }, std::move(then));
}

void Store::history(HistoryQuery query, std::function<void(Answer<HistoryPage>)> then) {
  const auto read = std::make_shared<HistoryRead>(std::move(query));
  impl_->enqueue(
      [s = impl_.get(), then, read](Reader& reader) {
        Answer<HistoryPage> answer;
        try {
          if (!read->some(reader)) return false;
          answer = {true, std::move(read->page())};
          s->readEnded(nullptr);
        } catch (const std::exception& e) {
          s->readEnded(&e);
        }
        s->executor(
            [answer = std::make_shared<Answer<HistoryPage>>(std::move(answer)), then] { then(std::move(*answer)); });
        return true;
      },
      [then] { then({}); });
}

void Store::hooks(std::vector<call::HookRow::State> states, std::size_t limit,
                  std::function<void(Answer<std::vector<Hook>>)> then) {
  impl_->ask<std::vector<Hook>>(
      [states = std::move(states), limit](Reader& reader) { return reader.hooks(states, limit); }, std::move(then));
}

void Store::hooks(std::vector<call::HookRow::State> states, std::size_t limit, const std::string& plugin,
                  bool notifications, std::function<void(Answer<std::vector<Hook>>)> then) {
  impl_->ask<std::vector<Hook>>(
      [states = std::move(states), limit, plugin, notifications](Reader& reader) {
        return reader.oldestHooks(states, limit, plugin, notifications);
      },
      std::move(then));
}

void Store::findKey(const std::string& key, std::function<void(Answer<std::optional<SaveKey>>)> then) {
  impl_->ask<std::optional<SaveKey>>([key](Reader& reader) { return reader.findKey(key); }, std::move(then));
}

void Store::knowsBase(const std::string& base_url, std::function<void(Answer<bool>)> then) {
  impl_->ask<bool>([base_url](Reader& reader) { return reader.knowsBase(base_url); }, std::move(then));
}

void Store::knowsLeg(const std::string& carrier, const std::string& remote_id, std::function<void(Answer<bool>)> then) {
  impl_->ask<bool>([carrier, remote_id](Reader& reader) { return reader.knowsLeg(carrier, remote_id); },
                   std::move(then));
}

bool Store::stored(const std::string& call) const {
  std::lock_guard<std::mutex> lock(impl_->mutex);
  return !impl_->unwritten.has(call) || (!impl_->failing && !impl_->hangs());
}

void Store::setKeepDays(std::uint32_t days) {
  std::lock_guard<std::mutex> lock(impl_->mutex);
  impl_->keep_days = days;
  impl_->wake.notify_one();
}

StoreHealth Store::health() const {
  auto& s = *impl_;
  std::deque<Impl::Waiter> abandoned;
  StoreHealth h;
  {
    std::lock_guard<std::mutex> lock(s.mutex);
    h = s.published;
    h.backlog += s.queue_writes + s.writing;
    h.dropped += s.refused_writes;
    if (s.hangs()) {
      h.ok = false;
      h.hangs = true;
      h.error = "a commit has been under way for " + std::to_string(s.msSince(s.busy_since)) +
                " ms: the disk does not answer, or another process holds the file; " + std::to_string(h.backlog) +
                " writes wait in memory";
    }
    abandoned = s.abandoned();
  }
  s.answer(std::move(abandoned), false);
  return h;
}

}  // namespace hookswitch::store
