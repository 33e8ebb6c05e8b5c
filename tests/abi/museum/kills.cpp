// Misbehaves: ends the process, or never comes back, at the place that its settings name, until the file `cure` exists.
#include <unistd.h>
#include <hookswitch/plugin.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace {
constexpr hks_key keys[] = {
    hks::key("where", HKS_TEXT, "notify", "start, timer, request, notice, or the name of a phase"),
    hks::key("how", HKS_TEXT, "segv", "segv, stack, abort, exit, _exit, hang"),
    hks::key("cure", HKS_TEXT, "", "a file; while it is there, nothing happens"),
};

volatile std::uintptr_t nowhere = 16;  // what the compiler cannot see it does not warn of
volatile int depth = 0;
int overflow(int n) {
  volatile char page[4096];
  page[0] = char(n);
  depth = n;
  if (depth < 0) return 0;  // never: the stack is used up long before
  return overflow(n + 1) + page[0];
}

class Kills : public hks::Session {
  void onStart(const hks_start& start, hks::Out& out) override {
    settings_ = hks::Settings(start);
    at("start");
    for (uint32_t phase : {HKS_PHASE_STARTED, HKS_PHASE_HANGUP, HKS_PHASE_RECORD, HKS_PHASE_NOTIFY})
      out.hook(phase, 2000);
    out.route("GET", "/kills", HKS_ROUTE_OPEN);
    out.route("GET", "/kills/fine", HKS_ROUTE_OPEN);
    if (settings_["where"] == "timer") out.timer(1, 1500);
  }
  void onTimer(uint64_t, hks::Out&) override { at("timer"); }
  void onHttpRequest(const hks_http& request, hks::Out& out) override {
    if (hks::text(request.url) == "/kills") at("request");
    out.reply(request.msg.id, 200, "text/plain", "alive");
  }
  void onPhase(const hks_phase& phase, hks::Out& out) override {
    static const char* const names[] = {"", "hangup", "disconnect", "record", "notify", "started", "confirm", "settle"};
    at(names[phase.phase]);
    out.hookDone(phase.msg.id);
  }
  void at(const std::string& place) const {
    const std::string how(settings_["how"]), cure(settings_["cure"]);
    if (std::string(settings_["where"]) != place || (!cure.empty() && ::access(cure.c_str(), F_OK) == 0)) return;
    if (how == "segv") *reinterpret_cast<volatile int*>(std::uintptr_t(nowhere)) = 1;
    if (how == "stack") overflow(0);
    if (how == "abort") std::abort();
    if (how == "exit") std::exit(1);
    if (how == "_exit") ::_exit(1);
    while (how == "hang") std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  hks::Settings settings_;
};
}  // namespace

HKS_PLUGIN("kills", "Killer", "1.0.0", hks::Keys<keys>, hks::Control<Kills>);
