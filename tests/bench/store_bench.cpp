// What the store costs, on the disk of the temporary directory (TMPDIR chooses it): rows per second, the time from
// put() to durable, a thousand ends at once, reading.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/store/store.hpp"

namespace {

using namespace hookswitch::store;
namespace call = hookswitch::call;
using Clock = std::chrono::steady_clock;

struct Scratch {
  std::string path;
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "hookswitch-bench-XXXXXX").string();
    if (!::mkdtemp(name.data())) std::abort();
    path = name;
  }
  ~Scratch() { std::filesystem::remove_all(path); }
};

struct Bench {
  Scratch scratch;
  Store store;
  Bench() : store(options(), [](std::function<void()> task) { task(); }) { store.start(); }
  StoreOptions options() const {
    StoreOptions o;
    o.path = scratch.path + "/calls.db";
    o.keep_days = 0;
    return o;
  }
  void wait() {
    std::promise<void> done;
    store.put({}, [&](bool) { done.set_value(); });
    done.get_future().wait();
  }
};

std::string idOf(std::uint64_t n) {
  char text[40];
  std::snprintf(text, sizeof text, "%08x-0000-4000-8000-%012u", unsigned(n * 2654435761u),
                unsigned(n));  // as scattered as real ones
  return text;
}

SaveCall aCall(std::uint64_t n, bool ended) {
  auto t = std::make_shared<call::Terms>();
  t->id = idOf(n);
  t->carrier = "twilio";
  t->voice = "openai";
  t->to_number = "+15550" + std::to_string(100000 + n % 100000);
  t->from_number = "+15550100001";
  t->base_url = "https://gateway.example";
  t->prompt = std::string(2000, 'p');
  SaveCall save;
  save.record.terms = t;
  save.record.started_unix_ms = 1769868000000 + n;
  save.record.status = ended ? call::Status::ended : call::Status::in_progress;
  save.record.reason = "the agent said goodbye";
  save.released = ended;
  return save;
}

SaveHook aHook(std::uint64_t n, const char* plugin) {
  SaveHook save;
  save.hook.call = idOf(n);
  save.hook.plugin = plugin;
  save.hook.state = call::HookRow::State::done;
  return save;
}

SaveLine aLine(std::uint64_t n, std::uint32_t number) {
  SaveLine save{idOf(n), {}};
  save.line.number = number;
  save.line.text = "I would like to know when my order number seven is going to arrive, please.";
  return save;
}

/// One put, waited for: what an intent costs before its act.
void putToDurable(benchmark::State& state) {
  Bench bench;
  std::uint64_t n = 0;
  std::vector<double> us;
  for (auto _ : state) {
    const auto begin = Clock::now();
    std::promise<void> done;
    bench.store.put({aCall(++n, false)}, [&](bool) { done.set_value(); });
    done.get_future().wait();
    us.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  std::sort(us.begin(), us.end());
  state.counters["p50_us"] = us[us.size() / 2];
  state.counters["p99_us"] = us[us.size() * 99 / 100];
  state.counters["commits/s"] = benchmark::Counter(double(n), benchmark::Counter::kIsRate);
}
BENCHMARK(putToDurable)->Unit(benchmark::kMicrosecond)->UseRealTime()->MinTime(2);

/// Ledger rows as fast as they go.
void hookRows(benchmark::State& state) {
  Bench bench;
  std::uint64_t n = 0;
  for (auto _ : state) {
    for (int i = 0; i < 20'000; ++i) bench.store.put({aHook(++n, "telegram")});
    bench.wait();
  }
  state.SetItemsProcessed(std::int64_t(n));
}
BENCHMARK(hookRows)->Unit(benchmark::kMillisecond)->UseRealTime();

void transcriptLines(benchmark::State& state) {
  Bench bench;
  std::uint64_t n = 0;
  for (auto _ : state) {
    for (int i = 0; i < 20'000; ++i, ++n) bench.store.put({aLine(n / 50, std::uint32_t(n % 50 + 1))});
    bench.wait();
  }
  state.SetItemsProcessed(std::int64_t(n));
}
BENCHMARK(transcriptLines)->Unit(benchmark::kMillisecond)->UseRealTime();

/// A thousand calls that live already end in the same moment, each with five rows of the ledger: until all is durable.
void thousandEnds(benchmark::State& state) {
  Bench bench;
  std::uint64_t base = 0;
  for (auto _ : state) {
    state.PauseTiming();
    for (std::uint64_t n = 0; n < 1000; ++n) bench.store.put({aCall(base + n, false)});
    bench.wait();
    state.ResumeTiming();
    for (std::uint64_t n = base; n < base + 1000; ++n)
      bench.store.put({aCall(n, true), aHook(n, "a"), aHook(n, "b"), aHook(n, "c"), aHook(n, "d"), aHook(n, "e")});
    bench.wait();
    base += 1000;
  }
}
BENCHMARK(thousandEnds)->Unit(benchmark::kMillisecond)->UseRealTime();

/// A start after a crash with `calls` live, twenty lines each.
void start(benchmark::State& state) {
  Scratch scratch;
  StoreOptions o;
  o.path = scratch.path + "/calls.db";
  const auto inline_executor = [](std::function<void()> task) { task(); };
  {
    Store store(o, inline_executor);
    for (std::uint64_t n = 0; n < std::uint64_t(state.range(0)); ++n) {
      std::vector<Write> writes{aCall(n, false), aHook(n, "a"), aHook(n, "b")};
      for (std::uint32_t i = 1; i <= 20; ++i) writes.push_back(aLine(n, i));
      store.put(std::move(writes));
    }
  }
  for (auto _ : state) {
    Store store(o, inline_executor);
    benchmark::DoNotOptimize(store.loadUnfinished());
  }
}
BENCHMARK(start)->Arg(1000)->Unit(benchmark::kMillisecond)->UseRealTime();

/// A page of the history, of 20,000 calls.
void historyPage(benchmark::State& state) {
  Bench bench;
  for (std::uint64_t n = 0; n < 20'000; ++n) bench.store.put({aCall(n, true)});
  bench.wait();
  HistoryQuery query;
  query.before = idOf(10'000);
  if (state.range(0)) query.number = "+15550100001";  // our own number: every call's
  for (auto _ : state) {
    std::promise<std::size_t> done;
    bench.store.history(query, [&](Answer<HistoryPage> page) { done.set_value(page.value.calls.size()); });
    if (done.get_future().get() != 100) state.SkipWithError("a page is not full");
  }
}
BENCHMARK(historyPage)->ArgName("by_number")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
