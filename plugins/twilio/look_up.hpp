// Finding the leg of a call whose id at Twilio is not known: by our mark, else by numbers and time.
#pragma once

#include "plugins/twilio/leg.hpp"
#include "plugins/twilio/ports.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace hookswitch::twilio {

/// A call's id is in the query of every URL that Twilio was given for it, but not in Twilio's Call object. So a search
/// lists the calls between the two numbers, rules out those that are known as another call's leg, and asks for the log
/// of the rest (twilio.look_up = events). A leg with our mark is found; one with another mark, or with callbacks that
/// carry none, is somebody else's. Where the logs say nothing, the one that is left is it. Remembers every mark it saw.
/// [control]
class LookUp {
 public:
  static constexpr std::size_t kRemembered = 8192;  ///< marks
  static constexpr unsigned kPages = 5;             ///< of a list, at most
  static constexpr std::size_t kLogs = 64;          ///< asked for by one search, at most
  static constexpr std::size_t kAtOnce = 4;         ///< of these

  struct Wanted {
    std::string call, base_url, to, from;
    std::string day;              ///< of the list: not before this one
    std::int64_t earliest_s = 0;  ///< created at or after, Twilio's clock
    std::int64_t latest_s = INT64_MAX;
    std::int64_t age_s = 0;  ///< not 0: created at most so long before the answer, if that has a Date
    std::size_t rivals = 1;  ///< so many searches may share what is left in any way
  };
  enum class Verdict : std::uint8_t {
    found = 1,    ///< `leg` is filled in
    nobody = 2,   ///< Twilio has no such leg now; `why` is filled in
    unasked = 3,  ///< Twilio could not be asked; `why` is filled in
  };
  struct Result {
    Verdict verdict = Verdict::nobody;
    Leg leg;
    std::string why;
    std::uint64_t after_ms = 0;  ///< Twilio asked to wait so long; 0: it did not
  };
  using Done = std::function<void(const Result&, hks::Out&)>;

  explicit LookUp(Ports& ports) : ports_(ports) {}

  /// `done` is called exactly once, in this step or a later one.
  void find(Wanted wanted, Done done, hks::Out& out);
  /// This leg carries that mark. The first word counts; a mark without a call is nobody's of ours.
  void note(std::string_view call_sid, const Mark& mark);
  /// nullptr: nothing is known of this leg.
  const Mark* known(std::string_view call_sid) const;
  /// The time, in seconds since 1970 UTC, from whoever knows; never goes back. Bounds searches, nothing else.
  void noteTime(std::int64_t unix_s) {
    if (unix_s > now_s_) now_s_ = unix_s;
  }
  void noteTime(const hks_http& response);  ///< its Date
  std::int64_t now_s() const { return now_s_; }

 private:
  struct Search;
  using SearchPtr = std::shared_ptr<Search>;
  void list(const SearchPtr& search, const Request& request, hks::Out& out);
  void onListed(const SearchPtr& search, const hks_http& response, hks::Out& out);
  void consider(Search& search, const Leg& leg, std::int64_t earliest_s);
  void ask(const SearchPtr& search, hks::Out& out);
  void onLog(const SearchPtr& search, const Leg& leg, const hks_http& response, hks::Out& out);
  void decide(const SearchPtr& search, hks::Out& out);
  void finish(const SearchPtr& search, Verdict verdict, const Leg& leg, hks::Out& out);

  Ports& ports_;
  std::unordered_map<std::string, Mark> marks_;  // by leg
  std::deque<std::string> order_;                // oldest first
  std::int64_t now_s_ = 0;
};

}  // namespace hookswitch::twilio
