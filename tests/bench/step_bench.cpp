// What it costs to mark who is being stepped, which every message to a plugin pays, audio included.
#include <benchmark/benchmark.h>

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

}  // namespace
