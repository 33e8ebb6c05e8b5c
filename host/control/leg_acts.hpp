// What the carrier does with the leg of a call that runs, while the model is kept: keys, and another number.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>

#include "host/base/loop.hpp"
#include "host/call/table.hpp"
#include "host/control/call_messages.hpp"
#include "host/control/message_ids.hpp"

namespace hookswitch::control {

class Admission;
class Driver;
class Plugins;
class Ledger;
class Streams;

/// One act of a call at a time, in the order in which they were asked for. The stream of the call may end for it and
/// another come back; the call, its record and its model are the same. [control]
class LegActs {
 public:
  /// Once: when the carrier has taken it, or why it has not.
  using Done = std::function<void(const Accepted&)>;
  /// Once: when the two can talk again, with what became of a transfer, or why nothing was done. Not after a transfer
  /// that has taken the agent out of the call.
  using Over = std::function<void(const Accepted&, call::TransferState)>;

  LegActs(base::Loop& control, Driver& driver, Plugins& plugins, call::Table& table, Streams& streams, MessageIds& ids,
          Ledger& ledger, Admission& admission, const CallDefaults& defaults)
      : control_(control),
        driver_(driver),
        plugins_(plugins),
        table_(table),
        streams_(streams),
        ids_(ids),
        ledger_(ledger),
        admission_(admission),
        defaults_(defaults) {}

  /// `digits`: 0-9 * # A-D, w is half a second of silence.
  void keys(const std::string& id, const std::string& digits, Done done) {
    add(id, keysOf(digits, std::move(done), {}));
  }
  /// Connects the far end with `to`, which may ring for so long; `announce`: what the far end hears before, if
  /// anything. When nobody answers there, the far end comes back to the agent.
  void transfer(const std::string& id, const std::string& to, const std::string& announce, std::uint32_t timeout_s,
                Done done) {
    add(id, transferTo(to, announce, timeout_s, std::move(done), {}));
  }
  // The same for the agent, who hears when it is over and says itself why nobody answered.
  void agentKeys(const std::string& id, const std::string& digits, Over over) {
    add(id, keysOf(digits, {}, std::move(over)));
  }
  void agentTransfer(const std::string& id, const std::string& to, const std::string& announce, std::uint32_t timeout_s,
                     Over over) {
    add(id, transferTo(to, announce, timeout_s, {}, std::move(over)));
  }

  // What the loop says of an act.
  void quiet(const std::string& id);  ///< it may be asked for now
  void back(const std::string& id);   ///< it is over: the two can talk
  /// HKS_DRAFT_ACT_DONE.
  void answered(Session& session, const ActAnswer& answer);
  /// HKS_DRAFT_TRANSFERRED.
  void transferred(Session& session, const TransferNews& news);
  /// The call's media are being stopped: nothing more is done, and whoever waits hears why.
  void drop(const std::string& id);

  static constexpr std::uint64_t answer_ms = 30'000;  ///< so long a carrier's plugin may take
  static constexpr std::size_t most_keys = 64;        ///< of one act
  static constexpr const char* key_letters = "0123456789*#ABCDw";
  static constexpr std::size_t most_waiting = 8;  ///< acts of one call, behind the one that is being done

 private:
  struct Act {
    ActGift gift;  ///< with a number to which it leads: a transfer
    Done done;
    Over over;
    bool isTransfer() const { return !gift.to.empty(); }
    const char* word() const { return isTransfer() ? "transferred" : "sent keys"; }
  };
  struct Acting {
    std::deque<Act> acts;          // the first is being done
    std::uint64_t message_id = 0;  // of the question to the plugin; 0: it is not asked, or has answered
    base::Loop::TimerId timer = 0;
  };
  static Act keysOf(const std::string& digits, Done done, Over over);
  static Act transferTo(const std::string& to, const std::string& announce, std::uint32_t timeout_s, Done done,
                        Over over);
  void add(const std::string& id, Act act);
  static void tell(Act& act, const Accepted& accepted);
  void begin(const std::string& id);
  void ask(const std::string& id);
  void transferIs(call::Call& call, call::TransferState state);
  void verdict(const std::string& id, const ActAnswer& answer);
  std::uint32_t backMs(const Act& act) const;

  base::Loop& control_;
  Driver& driver_;
  Plugins& plugins_;
  call::Table& table_;
  Streams& streams_;
  MessageIds& ids_;
  Ledger& ledger_;
  Admission& admission_;
  const CallDefaults& defaults_;
  std::unordered_map<std::string, Acting> acting_;  // by call
};

}  // namespace hookswitch::control
