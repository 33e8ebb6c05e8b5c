#include "host/media/plane.hpp"

#include <algorithm>
#include <ctime>
#include <thread>

#include "host/media/load.hpp"

namespace hookswitch::media {

namespace {

/// What this thread has taken of a core so far, microseconds.
std::int64_t threadCpuUs() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::int64_t(time.tv_sec) * 1'000'000 + time.tv_nsec / 1000;
}

}  // namespace

/// A loop and its calls. `calls` and `closed` belong to the loop's thread, `count` to the control thread.
struct Plane::Shard {
  Shard(std::size_t of, MediaEvents& told)
      : number(of),
        events(told),
        probe(loop, [this](std::int64_t lag_us) { report(lag_us); }),
        loop("media-" + std::to_string(of)) {}

  void report(std::int64_t lag_us) {  // of the loop's thread, or before it begins
    if (calls.empty())
      load.clear();
    else
      load.add(loop.pacingUs(), threadCpuUs(), calls.size());
    events.mediaLoop(number, {lag_us, lateness, load.share(), load.calls()});
  }

  const std::size_t number;
  MediaEvents& events;
  std::unordered_map<std::string, std::unique_ptr<CallMedia>> calls;
  bool closed = false;
  std::size_t count = 0;
  call::Lateness lateness;  // of the loop's thread, like what follows
  Load load;
  LagProbe probe;
  base::Loop loop;  // last: its thread ends before the calls are destroyed

  template <class Act>
  void with(const std::string& call, Act act) {
    loop.post([this, call, act] {
      auto it = calls.find(call);
      if (it != calls.end()) it->second->guarded("a task", [&] { act(*it->second); });
    });
  }
};

Plane::Plane(unsigned loops, base::IoPool& io, MediaEvents& events) : io_(io), events_(events) {
  const unsigned count = loops ? loops : std::max(1u, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < count; ++i) shards_.push_back(std::make_unique<Shard>(i, events));
}

Plane::~Plane() { stop(); }

void Plane::start() {
  for (auto& shard : shards_) {
    Shard* s = shard.get();
    s->report(0);  // so that it is known how many there are, before anything else is
    s->loop.start();
  }
}

void Plane::stop() {
  for (auto& shard : shards_) {
    Shard* s = shard.get();
    s->loop.post([s] {
      s->closed = true;  // a stream that arrives behind this finds nobody: it closes by going out of scope
      for (auto& [id, call] : s->calls) {
        call->stop("shutdown");
        s->loop.dispose(std::move(call));
      }
      s->calls.clear();
    });
    s->loop.stop();
  }
}

Plane::Shard* Plane::shardOf(const std::string& call) {
  auto it = where_.find(call);
  return it == where_.end() ? nullptr : shards_[it->second].get();
}

void Plane::attach(MediaJob job, std::unique_ptr<net::Stream> stream, std::string leftover) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < shards_.size(); ++i)
    if (shards_[i]->count < shards_[best]->count) best = i;
  Shard* shard = shards_[best].get();
  const std::string id = job.terms->id;
  where_[id] = best;
  ++shard->count;
  struct Parcel {
    MediaJob job;
    std::unique_ptr<net::Stream> stream;
    std::string leftover;
  };
  auto parcel = std::make_shared<Parcel>(Parcel{std::move(job), std::move(stream), std::move(leftover)});
  shard->loop.post([this, shard, parcel, id] {
    if (shard->closed) return;
    auto call = std::make_unique<CallMedia>(shard->loop, io_, events_, std::move(parcel->job), &shard->lateness);
    CallMedia& ref = *call;
    shard->calls[id] = std::move(call);
    shard->probe.watch(true);
    ref.guarded("the beginning", [&] { ref.start(std::move(parcel->stream), parcel->leftover); });
  });
}

void Plane::stopCall(const std::string& call, const std::string& reason) {
  Shard* shard = shardOf(call);
  if (!shard) return;
  where_.erase(call);
  --shard->count;
  shard->loop.post([shard, call, reason] {
    auto it = shard->calls.find(call);
    if (it == shard->calls.end()) return;
    auto media = std::move(it->second);
    shard->calls.erase(it);
    media->stop(reason);
    shard->loop.dispose(std::move(media));
    if (shard->calls.empty()) shard->probe.watch(false);
  });
}

void Plane::say(const std::string& call, const std::string& text, bool interrupt) {
  if (Shard* shard = shardOf(call))
    shard->with(call, [text, interrupt](CallMedia& media) { media.say(text, interrupt); });
}

void Plane::mute(const std::string& call, bool on) {
  if (Shard* shard = shardOf(call)) shard->with(call, [on](CallMedia& media) { media.mute(on); });
}

void Plane::interlude(const std::string& call, std::function<void(Interlude&)> act) {
  if (Shard* shard = shardOf(call)) shard->with(call, [act](CallMedia& media) { media.interlude(act); });
}

void Plane::comeBack(std::shared_ptr<const call::Terms> terms, std::unique_ptr<net::Stream> stream,
                     std::string leftover) {
  Shard* shard = shardOf(terms->id);
  if (!shard) return;  // it is over meanwhile: the socket closes by going out of scope
  struct Parcel {
    std::shared_ptr<const call::Terms> terms;
    std::unique_ptr<net::Stream> stream;
    std::string leftover;
  };
  const std::string call = terms->id;
  auto parcel = std::make_shared<Parcel>(Parcel{std::move(terms), std::move(stream), std::move(leftover)});
  shard->with(call, [parcel](CallMedia& media) {
    media.comeBack(std::move(parcel->terms), std::move(parcel->stream), parcel->leftover);
  });
}

void Plane::prompt(const std::string& call, const std::string& text) {
  if (Shard* shard = shardOf(call)) shard->with(call, [text](CallMedia& media) { media.prompt(text); });
}

void Plane::recording(const std::string& call, std::function<void(const call::Recording*)> answer) {
  Shard* shard = shardOf(call);
  if (!shard) return answer(nullptr);
  shard->loop.post([shard, call, answer = std::move(answer)] {
    const auto it = shard->calls.find(call);
    answer(it == shard->calls.end() ? nullptr : &it->second->recording());
  });
}

void Plane::toolResult(const std::string& call, std::uint64_t id, const std::string& json, bool failed) {
  if (Shard* shard = shardOf(call))
    shard->with(call, [id, json, failed](CallMedia& media) { media.toolResult(id, json, failed); });
}

}  // namespace hookswitch::media
