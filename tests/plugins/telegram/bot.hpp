// A player of the Telegram plugin and the Bot API's side of the conversation, under a clock that the test moves.
#pragma once

#include "tests/plugins/timed_player.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace hookswitch::telegram {

using hks::testing::In;
using hks::testing::Message;
using hks::testing::Outputs;
using hks::testing::Pairs;
using hks::testing::Record;

constexpr const char* kToken = "123456:fake-token";

inline Record callRecord(const std::string& id, std::size_t lines = 2) {
  Record r = hks::testing::sampleRecord();
  r.call.call = id;
  r.lines.clear();
  for (std::size_t i = 0; i < lines; ++i)
    r.lines.push_back({i % 2 ? HKS_USER : HKS_ASSISTANT, 0, "Line " + std::to_string(i) + " of call " + id});
  return r;
}

class Bot {
 public:
  struct Sent {
    std::uint64_t at_ms, id;
    nlohmann::json body;
  };
  /// What the service answers; null: the test answers by itself.
  std::function<Message(const Sent&)> service;
  std::uint64_t latency_ms = 50;
  std::vector<Sent> sent;
  std::vector<std::string> logs;
  struct Done {
    std::uint64_t at_ms, hook;
    std::uint32_t state;
    std::string reason;
    std::uint64_t after_ms;
    std::uint32_t flags;
    std::string memo;
  };
  std::vector<Done> done;

  explicit Bot(Pairs settings = {});
  static Message ok(std::uint64_t id) { return In::httpResponse(id, 200, R"({"ok":true,"result":{"message_id":7}})"); }
  static Message refusal(std::uint64_t id, int code, const std::string& description,
                         nlohmann::json parameters = nullptr);

  void ended(std::uint64_t hook, Record record, std::uint32_t attempt = 1, std::uint32_t phase = HKS_PHASE_NOTIFY);
  /// The same, of a host that says what time it is and what the hook's memo was.
  void give(std::uint64_t hook, Record record, std::uint64_t unix_ms, std::uint32_t attempt = 1, std::string memo = {},
            std::uint32_t phase = HKS_PHASE_NOTIFY);
  void wait(std::uint64_t ms) { player.advance(ms); }
  std::vector<Done> doneOf(std::uint64_t hook) const;
  std::string texts(std::size_t i) const { return sent.at(i).body.at("text"); }

  hookswitch::test::TimedPlayer player;
  Outputs started;

 private:
  void take(const Message& m);
  /// The parameters of sendMessage this plugin may use, and no others. (telegram.md §2)
  static void checkShape(const nlohmann::json& b);
};

}  // namespace hookswitch::telegram
