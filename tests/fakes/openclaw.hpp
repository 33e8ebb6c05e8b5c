// The OpenClaw gateway fake: the real framed protocol and the JSON-RPC compatibility dialect
// (openclaw-gateway.md §1-2).
#pragma once

#include "tests/fakes/net.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace fakes {

struct OpenClawOptions {
  std::uint16_t port = 0;               ///< 0: chosen by the system
  std::string token = "openclaw-fake";  ///< the shared gateway token
  std::string dialect = "openclaw";     ///< openclaw | jsonrpc
  std::string certificate_pem_file;     ///< with key_pem_file: wss instead of ws
  std::string key_pem_file;
};

/// [loop] One listening server, its connections and every event it received. Lives and is used on the loop's thread.
class OpenClaw {
 public:
  using Options = OpenClawOptions;
  explicit OpenClaw(Loop& loop, Options options = {});
  ~OpenClaw();
  std::uint16_t port() const;

  /// Do `name` with `args` (an object; see README.md). Returns what happened as an object.
  /// Throws std::invalid_argument with a sentence when the command or an argument is not known.
  nlohmann::json command(const std::string& name, const nlohmann::json& args);
  /// Tell `handler` what happens, as it happens: a kind (README.md) and an object. One handler, called on the loop.
  void onEvent(std::function<void(const std::string& kind, nlohmann::json what)> handler);
  /// What has been seen so far: connections, counters, sessions or messages, protocol_errors, settings.
  nlohmann::json state() const;
  /// Cut every connection, forget what was seen, take the settings of the start again.
  void reset();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace fakes
