// pair_player PLUGIN.so <my header> <its header>: plays a plugin that may have been built against another header. The
// answers must be the same for all four pairs.
#include <hookswitch/testing.hpp>

#include <dlfcn.h>

#include <iostream>
#include <string>

namespace {

using namespace hks::testing;

int failures = 0;
void expect(const std::string& what, const std::string& expected, const std::string& got) {
  if (expected == got) return;
  std::cerr << what << "\n  expected " << expected << "\n  got      " << got << "\n";
  ++failures;
}

int run(const hks_entry& entry, bool later_player, bool later_plugin) {
  if (entry.abi_major != HKS_ABI_MAJOR || entry.size < HKS_ENTRY_SIZE_1_0)
    return std::cerr << "the entry is not readable\n", 1;
  expect("minor version of the plugin", later_plugin ? "1" : "0", std::to_string(entry.abi_minor));
  Player plugin(entry, HKS_ROLE_NOTIFIER);
  Message start = In::start({{"key", "value"}}, sampleCall());
  start.history = {{HKS_USER, 1, "one"}, {HKS_ASSISTANT, 2, "two"}};
  start.tools = {{"t1", "first", "{}"}, {"t2", "second", "{}"}};
  Outputs out = plugin.step(start);
  // A later plugin sees the later fields of a later host (which this player leaves empty), and nothing from today's.
  expect("outputs of START", later_plugin ? "3" : "2", std::to_string(out.size()));
  expect("START", "https://gateway.example.com 0.1.0 value one two t1 t2", out.at(0).text);
  expect("the call of START", "{}", out.at(1).text);
  if (later_plugin) expect("later fields", "later: 00", out.at(2).text);

  out = plugin.step(In::phase(hostId(1), HKS_PHASE_NOTIFY));
  expect("CALL_PHASE",
         "HOOK_DONE #9223372036854775809 state=RETRY after_ms=77 reason=\"0f8fad5b-d9cb-469f-a165-70867728950e/4 "
         "the API asked for it Hello, how can I help? Hello, how can I help? When do you open? At nine.\"",
         print(out.at(0)));
  expect("CALL_PLACE", "+15550001111", plugin.step(In::place(hostId(2), sampleCall())).at(0).remote_id);
  expect("HTTP_REQUEST",
         "GET/path"
         "v"
         "0f8fad5b-d9cb-469f-a165-70867728950e",
         plugin.step(In::httpRequest(hostId(3), "GET", "/path", {{"X", "v"}}, {}, sampleCall())).at(0).body);

  out = plugin.step(In::notice("text", "call", HKS_WARN));
  expect("what a plugin sends",
         "\n  NOTICE level=WARN call=\"call\" text=\"text\""
         "\n  HTTP_CALL #5 method=\"POST\" url=\"https://example.com/\" headers={a: \"b\"} body=\"body\" timeout_ms=99"
         "\n  TIMER #6 after_ms=7"
         "\n  ROUTE method=\"GET\" path=\"/x\" flags=1 call_query=\"call\""
         "\n  HOOK phase=RECORD deadline_ms=8"
         "\n  TOOL name=\"name\" description=\"description\" parameters_json=\"{}\""
         "\n  CALL_STATE call=\"call\" remote_id=\"remote\" reason=\"reason\" state=OVER outcome=BUSY duration_ms=9"
         "\n  CALL_END reason=\"reason\" call=\"call\" by=FAULT flags=1"
         "\n  DATA #10 bytes=\"data\" is_text=1\n",
         "\n" + out.print());
  for (auto& m : out) {
    if (m.type == HKS_HOOK) expect("size of a record", later_plugin ? "48" : "24", std::to_string(m.size));
  }
  expect("header of the player", later_player ? "1" : "0", std::to_string(HKS_ABI_MINOR));
  return failures ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "usage: pair_player PLUGIN.so today|later today|later\n", 2;
  void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (!library) return std::cerr << dlerror() << "\n", 2;
  auto* entry = static_cast<const hks_entry*>(dlsym(library, "hks_plugin_entry"));
  if (!entry) return std::cerr << "no hks_plugin_entry\n", 2;
  try {
    return run(*entry, argv[2] == std::string("later"), argv[3] == std::string("later"));
  } catch (const std::exception& e) {
    return std::cerr << e.what() << "\n", 1;
  }
}
