// Signed requests from Twilio to the gateway (twilio.md §2, §3).
#pragma once

#include "tests/fakes/net.hpp"
#include "tests/fakes/twilio_plan.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace fakes {

/// One signed GET or POST with `params`, without retries. The fragment of the URL is not sent, its user info becomes
/// Basic credentials.
void sendWebhook(Loop& loop, const std::string& auth_token, Signing signing, const std::string& method,
                 const std::string& url, const Form& params, std::uint32_t timeout_ms,
                 std::function<void(ClientResult)> done);

/// sendWebhook with what Twilio does by default: one more attempt if the connection could not be made, none otherwise.
/// `done` gets the last result and the number of attempts.
void deliverWebhook(Loop& loop, const std::string& auth_token, Signing signing, const std::string& method,
                    const std::string& url, const Form& params, std::uint32_t timeout_ms,
                    std::function<void(ClientResult, unsigned attempts)> done);

/// [loop] The status callbacks of one call: numbers them, keeps or breaks their order, remembers what became of them.
class Callbacks : public std::enable_shared_from_this<Callbacks> {
 public:
  using Observer = std::function<void(const nlohmann::json& record)>;
  Callbacks(Loop& loop, std::string auth_token, const CallPlan& plan, Observer delivered);
  /// `params`: everything but SequenceNumber. `last`: no more will follow.
  void fire(const std::string& method, const std::string& url, Form params, bool last);
  /// Calls `task` when nothing is waiting or under way; at once if so now.
  void whenIdle(std::function<void()> task);
  const nlohmann::json& records() const { return records_; }

 private:
  struct Item {
    std::string method, url, status;
    Form params;
    std::size_t record;
  };
  void enqueue(Item item);
  void next();
  void send(const Item& item);

  Loop& loop_;
  std::string auth_token_;
  CallPlan plan_;
  Observer delivered_;
  unsigned sequence_ = 0;
  std::deque<Item> waiting_;
  std::unique_ptr<Item> held_;  ///< shuffled: waits for its neighbour to go first
  std::size_t under_way_ = 0;
  nlohmann::json records_ = nlohmann::json::array();
  std::function<void()> idle_task_;
};

}  // namespace fakes
