// A process that uses a store and then dies the hard way, for durability_test.cpp and open_test.cpp.
//   write FILE COUNT   writes COUNT calls one by one, each with a line and a hook; prints the number of each that is
//   durable;
//                      SIGKILL after the last one's answer
//   flood FILE         writes calls without waiting until it is killed, printing the number of each that is durable
//   hold FILE          opens the file, prints "held", waits for the end of its standard input, SIGKILL
//   open FILE UID      as that user: prints why the store refuses
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "host/store/store.hpp"

namespace {

using namespace hookswitch::store;
namespace call = hookswitch::call;

std::vector<Write> writes(unsigned n) {
  char id[40];
  std::snprintf(id, sizeof id, "00000000-0000-4000-8000-%012u", n);
  auto terms = std::make_shared<call::Terms>();
  terms->id = id;
  SaveCall save;
  save.record.terms = terms;
  save.record.started_unix_ms = 1000 + n;
  SaveLine line{id, {}};
  line.line.number = 1;
  line.line.text = "said " + std::to_string(n);
  SaveHook hook;
  hook.hook.call = id;
  hook.hook.plugin = "telegram";
  return {save, line, hook};
}

void say(const std::string& text) {
  const std::string out = text + "\n";
  if (::write(STDOUT_FILENO, out.data(), out.size()) < 0) std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.size() < 2) return 2;
  if (args[0] == "open" && args.size() == 3 && ::setuid(uid_t(std::atoi(args[2].c_str()))) != 0) return 2;
  try {
    StoreOptions options;
    options.path = args[1];
    Store store(options, [](std::function<void()> task) { task(); });
    store.start();
    if (args[0] == "write" && args.size() == 3) {
      for (unsigned n = 1; n <= unsigned(std::atoi(args[2].c_str())); ++n) {
        std::promise<bool> durable;
        store.put(writes(n), [&durable](bool yes) { durable.set_value(yes); });
        if (!durable.get_future().get()) return 3;
        say(std::to_string(n));
      }
    } else if (args[0] == "flood") {
      for (unsigned n = 1; n < 100'000'000; ++n) {
        store.put(writes(n), [n](bool yes) {
          if (yes) say(std::to_string(n));
        });
        if (n % 64 == 0 && store.health().backlog > 10'000) {
          std::promise<void> room;
          store.put({}, [&room](bool) { room.set_value(); });
          room.get_future().wait();
        }
      }
    } else if (args[0] == "hold") {
      say("held");
      char byte;
      while (::read(STDIN_FILENO, &byte, 1) > 0) {}
    } else {
      return 0;
    }
    ::kill(::getpid(), SIGKILL);
  } catch (const std::exception& e) {
    say(e.what());
    return 1;
  }
}
