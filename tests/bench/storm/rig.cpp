#include "tests/bench/storm/rig.hpp"

#include <algorithm>

namespace storm {

namespace {

constexpr std::int64_t kTickNs = 1'000'000;
constexpr std::int64_t kSlots = 20;
constexpr std::int64_t kSlipNs = 40'000'000;
constexpr std::int64_t kAgainNs = 1'000'000'000;
constexpr std::int64_t kGraceNs = 300'000'000;  // for the program to learn that the model is ready

Scene& prepared(Scene& scene, const Load& load) {
  scene.form = load.form;
  scene.mode = load.mode;
  scene.grace_ns = kGraceNs;
  return scene;
}

}  // namespace

Rig::Rig(const Load& load, SSL_CTX* tls) : model_(prepared(scene_, load), tls), carrier_(scene_), base_ns_(nowNs()) {}

Call& Rig::place() {
  const auto index = std::uint32_t(scene_.calls.size());
  scene_.calls.push_back(std::make_unique<Call>(index, scene_.form, scene_.mode));
  Call& call = *scene_.calls.back();
  slots_[index * 7 % kSlots].push_back(&call);  // few calls are spread as well as many
  carrier_.place(call);
  return call;
}

/// Everything that is due; when the next is.
std::int64_t Rig::pace(std::int64_t now_ns) {
  // A generator that had no core for a while goes on from now: sent in one go, what it missed would be a queue that
  // the program did not make.
  if (const std::int64_t late_ns = now_ns - base_ns_ - next_tick_ * kTickNs; late_ns > kSlipNs) {
    base_ns_ += late_ns;
    scene_.stalled_ns += late_ns;
  }
  for (; base_ns_ + next_tick_ * kTickNs <= now_ns; ++next_tick_) {
    auto& slot = slots_[std::size_t(next_tick_ % kSlots)];
    slot.erase(std::remove_if(slot.begin(), slot.end(), [](const Call* call) { return call->ended; }), slot.end());
    for (Call* call : slot) {
      if (!call->stream || (!call->configured && !feed_early_)) continue;
      if (call->feed_ns == 0) call->feed_ns = now_ns + (feed_early_ ? 0 : scene_.grace_ns);
      call->stream->tick(now_ns);
      const bool speaks = scene_.mode == Mode::talk && (next_tick_ / kSlots + call->index) % 10 == 0;
      if (speaks && call->session && now_ns >= call->feed_ns) call->session->speak(now_ns);
    }
  }
  std::int64_t tick = next_tick_;
  while (tick < next_tick_ + kSlots && slots_[std::size_t(tick % kSlots)].empty()) ++tick;
  return base_ns_ + tick * kTickNs;
}

bool Rig::go(std::int64_t ns, const std::function<bool()>& holds) {
  const std::int64_t end_ns = nowNs() + ns;
  for (;;) {
    if (holds && holds()) return true;
    const std::int64_t now_ns = nowNs(), next_ns = pace(now_ns);
    if (now_ns >= end_ns) return !holds;
    scene_.loop.step(std::min(next_ns, end_ns));
  }
}

bool Rig::primed() const {
  for (const auto& call : scene_.calls)
    if (!call->at_caller.primed() && !call->refused && !call->lost && !call->ended) return false;
  return true;
}

std::size_t Rig::lostCalls() const {
  return std::size_t(std::count_if(scene_.calls.begin(), scene_.calls.end(),
                                   [](const auto& call) { return call->refused || call->lost; }));
}

/// A gateway that has too much to do says so, and whoever wants a call asks again.
void Rig::askAgain(std::int64_t now_ns) {
  for (const auto& call : scene_.calls) {
    const bool busy = call->refused == 503 || call->refused == Call::kByDocument;
    if (!busy || now_ns - call->posted_ns < kAgainNs) continue;
    call->refused = 0;
    carrier_.place(*call);
  }
}

bool Rig::bringUp(std::size_t count, std::size_t at_once, std::int64_t limit_ns) {
  const std::size_t all = scene_.calls.size() + count;
  std::size_t up = scene_.calls.size();
  const bool good = go(limit_ns, [&] {
    while (up < scene_.calls.size() && (scene_.calls[up]->up_ns || scene_.calls[up]->lost)) ++up;
    while (scene_.calls.size() < all && scene_.calls.size() - up < at_once) place();
    if (up < all) askAgain(nowNs());
    return up == all && primed();
  });
  return good && lostCalls() == 0;
}

void Rig::drain(std::int64_t limit_ns) {
  scene_.feeding = false;
  go(limit_ns, [this] {
    return std::all_of(scene_.calls.begin(), scene_.calls.end(), [](const auto& call) {
      return call->refused || call->lost || (call->at_caller.allCame() && call->at_model.allCame());
    });
  });
  for (const auto& call : scene_.calls) {
    if (call->refused || call->lost) continue;
    call->at_caller.close(scene_.at_caller);
    call->at_model.close(scene_.at_model);
  }
}

}  // namespace storm
