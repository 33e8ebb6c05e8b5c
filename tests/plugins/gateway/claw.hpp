// A player of the gateway plugin and the gateway's side of the conversation, under a clock that the test moves.
#pragma once

#include "tests/plugins/timed_player.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace hookswitch::gateway {

using hks::testing::In;
using hks::testing::Message;
using hks::testing::Outputs;
using hks::testing::Pairs;
using hks::testing::Record;
using nlohmann::json;

constexpr const char* kSecret = "the-shared-secret-token";

inline Record callRecord(const std::string& id) {
  Record r = hks::testing::sampleRecord();
  r.call.call = id;
  return r;
}

json helloPayload();
/// Checks every frame against the closed schemas of the requests the plugin may send. (openclaw-gateway.md §2)
void checkRequest(const json& f);

using Values = std::map<std::string, std::string>;

class Claw {
 public:
  struct Frame {
    std::uint64_t at_ms, conn;
    json body;
  };
  struct Done {
    std::uint64_t at_ms, hook;
    std::uint32_t state;
    std::string reason;
    std::uint64_t after_ms;
  };
  struct Connect {
    std::uint64_t at_ms, conn;
  };

  bool accepts = true;  ///< connections are opened at once, else refused
  bool greets = true;   ///< challenge and hello-ok come by themselves
  bool answers = true;  ///< events are acknowledged after latency_ms
  std::uint64_t latency_ms = 10;
  json hello = helloPayload();
  bool shows = true;                        ///< `status` is answered with what waits in `queue`
  std::vector<std::string> queue;           ///< the gateway's memory; acknowledged wakes go there by themselves
  std::map<std::string, std::string> kept;  ///< what the host keeps for the plugin
  std::string keep_trouble;                 ///< why it cannot
  std::vector<Frame> asks;                  ///< `status`
  std::vector<Frame> frames;                ///< events and heartbeats, no handshakes
  std::vector<Frame> handshakes;
  std::vector<Connect> connects;
  std::vector<Message> closes;
  std::vector<Done> done;
  std::vector<std::string> logs;

  /// Without a model: events are queued until a turn takes them.
  static Claw& withoutModel(Claw& claw);
  explicit Claw(Values settings = {});
  Outputs start();
  void wait(std::uint64_t ms) { player.advance(ms); }
  void ended(std::uint64_t hook, const std::string& call, std::uint32_t attempt = 1) {
    phase(hook, call, HKS_PHASE_NOTIFY, attempt);
  }
  void begun(std::uint64_t hook, const std::string& call, std::uint32_t attempt = 1) {
    phase(hook, call, HKS_PHASE_STARTED, attempt);
  }
  void say(const json& frame);
  void event(const std::string& name, json payload = json::object());
  void res(const json& id, bool ok, json payload_or_error);
  void cut(std::uint32_t code = 1006, const std::string& why = "") { player.step(In::closed(conn(), code, why)); }
  /// A turn of the agent takes everything, and says how it ended.
  void turn(bool good = true);
  std::uint64_t conn() const { return connects.empty() ? 0 : connects.back().conn; }
  std::vector<Done> doneOf(std::uint64_t hook) const;
  /// The texts of the events as the gateway got them.
  std::vector<std::string> texts() const;
  int told(const std::string& what) const;

  bool jsonrpc = false;
  hookswitch::test::TimedPlayer player;

 private:
  void phase(std::uint64_t hook, const std::string& call, std::uint32_t phase, std::uint32_t attempt);
  void take(const Message& m);
  Pairs start_settings_;
};

}  // namespace hookswitch::gateway
