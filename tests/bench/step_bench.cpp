// What it costs to mark who is being stepped, which every message to a plugin pays, audio included; and to take what it
// puts.
#include <benchmark/benchmark.h>

#include <string>

#include "host/plugin/session.hpp"

namespace {

using namespace hookswitch::plugin;

hks_session* openOne() { return reinterpret_cast<hks_session*>(1); }
hks_status stepOne(hks_session*, const hks_msg* in, const hks_sink*) {
  benchmark::DoNotOptimize(in);
  return HKS_OK;
}
void closeOne(hks_session*) {}
const hks_role role{openOne, stepOne, closeOne};

/// The mark alone.
void markStep(benchmark::State& state) {
  const Stepped who{"plugin", "voice", "0f8fad5b-d9cb-469f-a165-70867728950e"};
  const hks_msg message{sizeof message, HKS_AUDIO, 0};
  for (auto _ : state) {
    const Step mark(who, &message);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(markStep);

/// A whole step of a plugin that does nothing: two readings of the clock, the mark, the call.
void stepSession(benchmark::State& state) {
  const auto session = Session::open(role, {"plugin", "voice", "0f8fad5b-d9cb-469f-a165-70867728950e"});
  const hks_msg message{sizeof message, HKS_AUDIO, 0};
  for (auto _ : state) benchmark::DoNotOptimize(session->step(message));
}
BENCHMARK(stepSession);

/// What a plugin puts, copied and checked: pieces of audio of so many bytes, so many in a step.
void putAudio(benchmark::State& state) {
  MessageQueue queue("voice");
  const std::string bytes(std::size_t(state.range(0)), 'x');
  hks_audio audio{};
  audio.msg = {sizeof audio, HKS_AUDIO, 0};
  audio.format = HKS_S16_24K;
  audio.bytes = str(bytes);
  audio.item = str("item_1");
  for (auto _ : state) {
    for (std::int64_t i = 0; i < state.range(1); ++i) benchmark::DoNotOptimize(queue.put(audio.msg));
    queue.clear();
  }
  state.SetItemsProcessed(state.iterations() * state.range(1));
}
BENCHMARK(putAudio)->Args({160, 1})->Args({960, 1})->Args({960, 10})->Args({24'000, 1})->Args({24'000, 4});

}  // namespace
