// Outgoing calls: the create request, its safe repetitions, and the search for a leg whose creation went unanswered.
#pragma once

#include "plugins/twilio/look_up.hpp"
#include "plugins/twilio/ports.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace hookswitch::twilio {

/// Creating a call is not idempotent: a blind repetition rings the person twice (twilio.md §1.8). So
///   - what certainly was not executed (nothing sent, 429) is repeated a few times;
///   - what Twilio refused is final;
///   - everything else is UNKNOWN. The host hears CALL_FAILED at once, so that the API answers, and the leg is looked
///     for: a webhook that carries our call id names it, else a search at Twilio does. A leg that is found is reported
///     with a late CALL_PLACED (or CALL_STATE when it is over), and the host, whose call has ended, hangs it up.
/// A webhook that arrives before the answer names the leg, too; the call then goes on whatever the answer is. [control]
class Dialler {
 public:
  static constexpr std::size_t kMaxDials = 2048;  ///< under way at once; further ones are refused with 503
  static constexpr unsigned kCreateAttempts = 4;
  static constexpr unsigned kLists = 3;  ///< after 2, 8 and 20 s

  Dialler(Ports& ports, LookUp& look_up) : ports_(ports), look_up_(look_up) {}

  /// Answers CALL_PLACED or CALL_FAILED with the id of `call`, in this step or a later one.
  void place(const hks_call& call, hks::Out& out);
  /// A verified webhook named the leg of one of our calls. False: the call was given up before, the leg is unwanted.
  bool named(std::string_view call, std::string_view call_sid, hks::Out& out);

  std::size_t pending() const { return dials_.size(); }

 private:
  struct Dial {
    std::uint64_t place_id = 0;
    std::string to, from, base_url, day;
    Request request;
    unsigned attempt = 0, lists = 0;
    std::int64_t not_before_s = 0;  ///< the request was certainly not sent earlier
    std::uint64_t age_ms = 0;       ///< at most this long ago the create request was sent
    bool named = false;             ///< CALL_PLACED went out; the answer of the request is of no more interest
    bool failed = false;            ///< CALL_FAILED went out; the leg is being looked for
  };
  using Dials = std::map<std::string, Dial, std::less<>>;

  void send(const std::string& call, hks::Out& out);
  void onCreated(const std::string& call, const hks_http& response, hks::Out& out);
  void repeat(Dials::iterator dial, const hks_http& response, hks::Out& out);
  void searchLater(const std::string& call, hks::Out& out);
  void search(const std::string& call, hks::Out& out);
  void onLookedUp(const std::string& call, const LookUp::Result& result, hks::Out& out);
  void onFound(Dials::iterator dial, const Leg& leg, hks::Out& out);

  Ports& ports_;
  LookUp& look_up_;
  Dials dials_;  // by our call id
};

}  // namespace hookswitch::twilio
