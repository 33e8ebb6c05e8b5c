// hookswitch-load: many calls at once through a gateway process among the fakes, and what they cost it.
//
//   hookswitch-load [--calls 100] [--seconds 60] [--voice openai|gemini|both]
//
// The model sends every frame back, so each call bridges 50 frames a second in either direction. Exit code 1 when a
// frame was lost, there were more threads than one call and all that may come for a while, or the memory did not come
// back.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/system/world.hpp"

using namespace system_test;

namespace {

/// CPU time of a process so far, microseconds, user and system.
long long cpuUs(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  long long user = 0, system = 0;
  fields >> user >> system;
  return (user + system) * 1'000'000 / ::sysconf(_SC_CLK_TCK);
}

struct Frames {
  long long sent = 0, received = 0;
};

Frames count(const World& world) {
  Frames f;
  const Json calls = http("GET", world.controlUrl() + "/twilio/calls").json();
  for (auto& call : calls["calls"])
    for (auto& stream : call["streams"]) {
      f.sent += stream["frames_sent"].get<long long>();
      f.received += stream["frames_received"].get<long long>();
    }
  return f;
}

double percentile(std::vector<double> values, double part) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::size_t(double(values.size() - 1) * part)];
}

bool run(const std::string& voice, int calls, int seconds) {
  WorldOptions options;
  options.voice = voice;
  options.settings = {"log.level=information", "calls.max_concurrent=5000", "telegram.enabled=false",
                      "gateway.enabled=false"};
  options.fakes = {"--keep-audio-s", "0"};
  World world(options);
  world.command("twilio/plan", {{"stamp", true}, {"ring_ms", 0}, {"answer_ms", 0}, {"queue_ms", 0}});
  world.command("openai/configure", {{"mode", "loopback"}, {"stamps", true}, {"unknown_events", false}});
  world.command("gemini/configure", {{"mode", "loopback"}});

  const auto modelSockets = [&] { return world.state(voice)["connections"]["open"].get<int>(); };
  // One call first: what every later one is compared with.
  const std::string first = world.place();
  if (!world.reaches(first, "in-progress") || !until([&] { return modelSockets() == 1; }))
    return std::fprintf(stderr, "the first call failed\n"), false;
  const long threads_one = world.gateway().status("Threads"), rss_one = world.gateway().status("VmRSS");

  std::vector<std::string> ids(std::size_t(calls) - 1);
  std::vector<double> setup(ids.size());
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c)
    clients.emplace_back([&, c] {
      for (std::size_t i = std::size_t(c); i < ids.size(); i += 4) {
        const long long begin = nowMs();
        ids[i] = world.place();
        world.reaches(ids[i], "in-progress");
        setup[i] = double(nowMs() - begin);
      }
    });
  for (auto& client : clients) client.join();
  if (!until([&] { return modelSockets() == calls; }, 60000))
    return std::fprintf(stderr, "not every call reached the model\n"), false;

  world.command("openai/forget_latencies");
  const Frames before = count(world);
  const long long cpu_before = cpuUs(world.gateway().pid()), begin = nowMs();
  nap(seconds * 1000);
  const long long cpu = cpuUs(world.gateway().pid()) - cpu_before, took = nowMs() - begin;
  const Frames after = count(world);
  const long threads_many = world.gateway().status("Threads"), rss_many = world.gateway().status("VmRSS");
  const Json model = world.state(voice);

  const long long frames = after.sent - before.sent + after.received - before.received;
  std::printf("%s: %d calls for %.1f s\n", voice.c_str(), calls, double(took) / 1000);
  std::printf("  bridged frames            %lld (%.0f a second)\n", frames, double(frames) * 1000 / double(took));
  std::printf("  CPU per bridged frame     %.2f us (%.1f %% of a core)\n", double(cpu) / double(std::max(frames, 1LL)),
              double(cpu) / 10.0 / double(took));
  std::printf("  memory                    %ld KB with one call, %ld KB with all: %.1f KB a call\n", rss_one, rss_many,
              double(rss_many - rss_one) / std::max(1, calls - 1));
  std::printf("  threads                   %ld with one call, %ld with all\n", threads_one, threads_many);
  std::printf("  setup, POST to in-progress p50 %.0f ms, p99 %.0f ms\n", percentile(setup, 0.5),
              percentile(setup, 0.99));
  if (voice == "openai")
    std::printf("  caller to model, added    p50 %.2f ms, p99 %.2f ms\n",
                model["latency_us"]["p50"].get<double>() / 1000, model["latency_us"]["p99"].get<double>() / 1000);

  const Answer ended = world.post("/api/calls/end");
  bool good = ended.json()["ended"] == calls;
  if (!good) std::printf("  PROBLEM: the end of all calls: %s\n", ended.body.c_str());
  until([&] { return modelSockets() == 0; }, 30000);
  // What the carrier sent is what the model got, but for what was under way when the calls ended.
  const Json calls_over = http("GET", world.controlUrl() + "/twilio/calls").json();
  long long sent_bytes = 0, lost_calls = 0;
  for (auto& call : calls_over["calls"])
    for (auto& stream : call["streams"]) {
      sent_bytes += stream["bytes_sent"].get<long long>();
      if (stream["underruns"].get<long long>() > 0 || stream["protocol_error_count"].get<long long>() > 0) ++lost_calls;
    }
  if (voice == "openai") {
    const long long got = world.state("openai")["counters"]["audio_bytes_in"].get<long long>();
    const long long missing = (sent_bytes - got) / 160;
    std::printf("  frames sent, not arrived  %lld (calls that were just ending may have one or two each)\n", missing);
    if (missing > 3LL * calls) {
      std::printf("  PROBLEM: frames were lost\n");
      good = false;
    }
  }
  std::printf("  calls with a gap in what the caller heard: %lld\n", lost_calls);
  constexpr long most_for_a_while = 64 + 16;  // io threads and http workers, which come with the work
  if (threads_many > threads_one + most_for_a_while) {
    std::printf("  PROBLEM: the number of threads grew with the calls\n");
    good = false;
  }
  long rss_end = 0;
  until(
      [&] {
        rss_end = world.gateway().status("VmRSS");
        return rss_end < rss_one + (rss_many - rss_one) / 2 + 4096;
      },
      5000);
  std::printf("  memory after the end      %ld KB\n\n", rss_end);
  std::fflush(stdout);
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  int calls = 100, seconds = 60;
  std::string voice = "both";
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!std::strcmp(argv[i], "--calls"))
      calls = std::max(2, std::atoi(argv[i + 1]));
    else if (!std::strcmp(argv[i], "--seconds"))
      seconds = std::max(1, std::atoi(argv[i + 1]));
    else if (!std::strcmp(argv[i], "--voice"))
      voice = argv[i + 1];
  }
  bool good = true;
  for (const char* each : {"openai", "gemini"})
    if (voice == "both" || voice == each) good &= run(each, calls, seconds);
  return good ? 0 : 1;
}
