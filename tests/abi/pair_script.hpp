// What a pair of plugin and host says to each other, whatever headers the two were built with: pair_player.cpp plays it
// with the SDK's player, pair_host.cpp with the sessions of the gateway itself.
#pragma once

#include <hookswitch/testing.hpp>

#include <dlfcn.h>

#include <functional>
#include <iostream>
#include <string>

namespace pair_test {

using namespace hks::testing;

/// One step of the plugin: what it is given, and what comes out.
using Stepper = std::function<Outputs(const Message&)>;

class Script {
 public:
  /// `later_host`, `later_plugin`: built against the later header.
  Script(Stepper step, bool later_host, bool later_plugin)
      : step_(std::move(step)), later_host_(later_host), later_plugin_(later_plugin) {}

  int run(const hks_entry& entry) {
    if (entry.abi_major != HKS_ABI_MAJOR || entry.size < HKS_ENTRY_SIZE_1_0)
      return std::cerr << "the entry is not readable\n", 1;
    expect("minor version of the plugin", std::to_string(HKS_ABI_MINOR - later_host_ + later_plugin_),
           std::to_string(entry.abi_minor));
#ifdef HKS_IS_LATER
    expect("header of the host", "later", later_host_ ? "later" : "today");
#else
    expect("header of the host", "today", later_host_ ? "later" : "today");
#endif
    start();
    answers();
    everything();
    return failures_ ? 1 : 0;
  }

 private:
  void expect(const std::string& what, const std::string& expected, const std::string& got) {
    if (expected == got) return;
    std::cerr << what << "\n  expected " << expected << "\n  got      " << got << "\n";
    ++failures_;
  }

  void start() {
    Message start = In::start({{"key", "value"}}, sampleCall());
    start.history = {{HKS_USER, 1, "one"}, {HKS_ASSISTANT, 2, "two"}};
    start.tools = {{"t1", "first", "{}"}, {"t2", "second", "{}"}};
    const Outputs out = step_(start);
    // A later plugin sees the later fields of a later host (which are empty here), and nothing from today's.
    expect("outputs of START", later_plugin_ ? "3" : "2", std::to_string(out.size()));
    expect("START", "https://gateway.example.com 0.1.0 value one two t1 t2", out.at(0).text);
    expect("the call of START", "{}", out.at(1).text);
    if (later_plugin_) expect("later fields", "later: 00", out.at(2).text);
  }

  void answers() {
    expect("CALL_PHASE",
           "HOOK_DONE #9223372036854775809 state=RETRY after_ms=77 reason=\"0f8fad5b-d9cb-469f-a165-70867728950e/4 "
           "the API asked for it Hello, how can I help? Hello, how can I help? When do you open? At nine.\"",
           print(step_(In::phase(hostId(1), HKS_PHASE_NOTIFY)).at(0)));
    expect("CALL_PLACE", "+15550001111", step_(In::place(hostId(2), sampleCall())).at(0).remote_id);
    expect("HTTP_REQUEST",
           "GET/path"
           "v"
           "0f8fad5b-d9cb-469f-a165-70867728950e",
           step_(In::httpRequest(hostId(3), "GET", "/path", {{"X", "v"}}, {}, sampleCall())).at(0).body);
  }

  /// The plugin sends one of each record.
  void everything() {
    const Outputs out = step_(In::notice("text", "call", HKS_WARN));
    // A later plugin asks for a message that today's host does not have, and sends it all the same.
    const std::string asked = !later_plugin_ ? ""
                              : later_host_  ? "\n  LATER later_text=\"later\" later_number=5"
                                               "\n  LOG level=INFO text=\"LATER: known, taken\""
                                             : "\n  LOG level=INFO text=\"LATER: unknown, unsupported\"";
    expect(
        "what a plugin sends",
        "\n  NOTICE level=WARN call=\"call\" text=\"text\""
        "\n  HTTP_CALL #5 method=\"POST\" url=\"https://example.com/\" headers={a: \"b\"} body=\"body\" timeout_ms=99"
        "\n  TIMER #6 after_ms=7"
        "\n  ROUTE method=\"GET\" path=\"/x\" flags=1 call_query=\"call\""
        "\n  HOOK phase=RECORD deadline_ms=8"
        "\n  TOOL name=\"name\" description=\"description\" parameters_json=\"{}\""
        "\n  CALL_STATE call=\"call\" remote_id=\"remote\" reason=\"reason\" state=OVER outcome=BUSY duration_ms=9"
        "\n  CALL_END reason=\"reason\" call=\"call\" by=FAULT flags=1"
        "\n  DATA #10 bytes=\"data\" is_text=1"
        "\n  CONNECT #11 method=\"GET\" url=\"wss://example.com/\" timeout_ms=5000"
        "\n  CLOSE #11 reason=\"bye\" close_code=1001"
        "\n  CALL_OFFER #12 remote_id=\"CA1\" to_number=\"+2\" from_number=\"+1\" direction=INCOMING"
        "\n  CALL_FAILED #13 reason=\"no\" http_status=502"
        "\n  SWEPT #14 reason=\"half\""
        "\n  KEEP #15 name=\"key\" bytes=\"secret\""
        "\n  TOOL_RESULT #16 json=\"{}\" failed=1" +
            asked + "\n",
        "\n" + out.print());
  }

  const Stepper step_;
  const bool later_host_, later_plugin_;
  int failures_ = 0;
};

/// main() of both: PROGRAM PLUGIN.so <header of the host> <header of the plugin>, each "today" or "later".
inline int main(int argc, char** argv, const std::function<Stepper(const hks_entry&)>& open) {
  if (argc != 4) return std::cerr << "usage: " << argv[0] << " PLUGIN.so today|later today|later\n", 2;
  void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (!library) return std::cerr << dlerror() << "\n", 2;
  auto* entry = static_cast<const hks_entry*>(dlsym(library, "hks_plugin_entry"));
  if (!entry) return std::cerr << "no hks_plugin_entry\n", 2;
  try {
    return Script(open(*entry), argv[2] == std::string("later"), argv[3] == std::string("later")).run(*entry);
  } catch (const std::exception& e) {
    return std::cerr << e.what() << "\n", 1;
  }
}

}  // namespace pair_test
