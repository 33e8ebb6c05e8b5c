// The control port of the fakes: how a test, or a person with curl, tells them what to do and asks what they saw.
//
//   GET  /                      every fake with its port
//   GET  /state                 {"<fake>": its state, ...}
//   GET  /<fake>/state          the same for one
//   POST /<fake>/<command>      body: a JSON object (or nothing); answers a JSON object
//   POST /reset, /<fake>/reset  forget what was seen, end every call and connection, take the settings of the start
//   GET  /events?since=N&timeout_ms=M   what happened after event N; waits up to M ms for the first one
// A command that is not understood: 400 {"error": "a sentence"}.
#pragma once

#include "tests/fakes/net.hpp"

#include <nlohmann/json_fwd.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace fakes {

/// [loop] The control server and the registry behind it.
class Control {
 public:
  /// What a fake hands in. `command` throws std::invalid_argument with a sentence.
  struct Fake {
    std::function<nlohmann::json(const std::string& name, const nlohmann::json& args)> command;
    std::function<nlohmann::json()> state;
    std::function<void()> reset;
    /// GETs below /<fake>/ other than state; return status 404 for what is not known. May be empty.
    std::function<Response(const Request& request, const std::string& rest)> get;
    std::uint16_t port = 0;
  };
  Control(Loop& loop, std::uint16_t port);
  ~Control();
  std::uint16_t port() const;
  void add(const std::string& name, Fake fake);
  /// Registers any class with command(), state(), reset() and port(); `fake` must outlive this.
  template <class T>
  void add(const std::string& name, T& fake);
  /// Something happened that a test may be waiting for. `what` becomes one element of GET /events.
  void event(const std::string& fake, const std::string& kind, nlohmann::json what);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

template <class T>
void Control::add(const std::string& name, T& fake) {
  Fake entry;
  entry.command = [&fake](const std::string& what, const nlohmann::json& args) { return fake.command(what, args); };
  entry.state = [&fake] { return fake.state(); };
  entry.reset = [&fake] { fake.reset(); };
  entry.port = fake.port();
  add(name, std::move(entry));
}

}  // namespace fakes
