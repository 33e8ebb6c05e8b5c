// A call from its first row to its end, as a pure state machine: events in, deeds out. No clock, no thread, no I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/base/log.hpp"
#include "host/call/call.hpp"
#include "host/call/carrier_times.hpp"
#include "host/call/now.hpp"
#include "host/call/situation.hpp"
#include "host/call/talk_time.hpp"
#include "host/call/teardown.hpp"

namespace hookswitch::call {

/// What surrounds every call; it outlives them, and what it says at an event counts for that event.
struct Setting {
  TeardownLimits teardown;
  std::uint64_t create_answer_ms = 60'000;  ///< how long a carrier's plugin may take to answer a dial request
  std::uint64_t ring_grace_ms = 15'000;     ///< the carrier's own ring timeout comes first
  std::uint64_t connect_ms = 15'000;        ///< from the answer to the media stream
  /// Who takes part in the phases of a call of this carrier.
  std::function<std::vector<HookSpec>(const std::string& carrier)> hooks;
};

/// What a carrier says of a leg. What is empty or 0 it does not say.
struct LegNews {
  std::string remote_id;
  std::string reason;  ///< of an end: why. Of an answer: what has yet to come, should the call never connect
  std::optional<Outcome> outcome;  ///< of an end
  SaidTimes times;
};

/// What the driver must do when that which has changed is written down; in this order.
struct Deed {
  enum class Kind : std::uint8_t {
    dial = 1,      ///< give the carrier the create request; dialled() or failed() follows
    accept = 2,    ///< tell the carrier that its offer is taken; accepted() follows, or nothing when the call is ending
    placed = 3,    ///< whoever asked for the call hears that the carrier took it
    ask = 4,       ///< ask the carrier what became of the leg; asked() follows when it has answered or will not
    teardown = 5,  ///< `action`
  };
  Kind kind = Kind::teardown;
  Action action{};
};

/// A line for the log; nobody need wait for it.
struct Note {
  log::Level level = log::Level::information;
  std::string text;
};

struct Effects {
  std::vector<Note> notes;
  std::vector<Deed> deeds;
};

/// Everything about one call that decides what happens next. Status and leg only ever go forward, except that a leg
/// which was taken for one that does not exist may be named after all. [control]
class Life {
 public:
  /// `leg`: `none`, `dialling` for a call that is about to be placed, `named` when the record has the carrier's id.
  /// `first_attempt_id`: see Teardown.
  Life(Record record, Leg leg, const Setting& setting, std::uint64_t first_attempt_id);
  Life(const Life&) = delete;

  // What an earlier run left, before any event.
  void restore(std::vector<StoredRow> rows, bool leg_over, LegWitness witness);
  /// The call was under way: it is settled with its carrier and ended. An end that was under way keeps its reason.
  Effects recover(const std::string& reason, std::optional<Outcome> outcome, const Now& now);
  /// The call had left the list: its background work goes on.
  Effects resume(const Now& now);

  // How a call begins.
  Effects place();               ///< somebody wants it dialled
  Effects offer();               ///< the carrier has offered it
  void dialled(const Now& now);  ///< the create request is about to be given to the carrier's plugin
  Effects accepted(const Now& now);

  // What the carrier says.
  Effects placed(const std::string& remote_id, const Now& now);
  Effects failed(const std::string& reason, const Now& now);  ///< the create request has failed
  Effects unanswered(const Now& now);  ///< the carrier's plugin never answered the create request
  Effects named(const std::string& remote_id, const Now& now);
  Effects ringing(const LegNews& news, const Now& now);
  Effects answered(const LegNews& news, const Now& now);
  Effects over(const LegNews& news, const Now& now);
  Effects unknownThere(const Now& now);  ///< the account that answers has no such leg
  Effects asked(const Now& now);

  // What the media say.
  Effects streamStarted(const Now& now);
  void mediaUp();
  Effects mediaDown(const Now& now);
  Effects streamStopped(const Now& now);  ///< the carrier's stream said good-bye
  void voiceIs(const std::string& voice);
  void promptIs(const std::string& prompt);  ///< the instructions that hold from now on
  void transferIs(Transfer transfer) { record_.transfer = std::move(transfer); }
  void mediaUrlIs(const std::string& url);  ///< of the stream that is to come
  std::optional<Record::Heard> hear(Line line) { return record_.hear(std::move(line)); }

  /// The one door. The first reason wins; whoever comes later changes nothing.
  Effects end(EndedBy by, const std::string& reason, std::optional<Outcome> outcome, const Now& now);
  Effects tick(const Now& now);
  /// The call has left the list.
  void leave() { record_.status = Status::ended; }

  /// The call's hooks. What a function of it asks for goes through after().
  Teardown& teardown() { return teardown_; }
  const Teardown& teardown() const { return teardown_; }
  Effects after(std::vector<Action> actions, const Now& now);

  const Record& record() const { return record_; }
  Leg leg() const { return facts_.situation.leg; }
  bool legOver() const { return facts_.situation.leg == Leg::over; }
  const LegWitness& witness() const { return facts_.witness; }
  bool hasMedia() const { return facts_.situation.media == Media::up; }
  bool ending() const { return teardown_.begun(); }
  /// Monotonic (lived_ms), since when a leg that was to end is not known to be over; 0: there is none.
  std::uint64_t unconfirmedSince() const { return facts_.unconfirmed_since; }
  std::uint64_t clockMs(const Now& now) const { return record_.clockMs(now.all_ms, now.unix_ms); }

  /// When tick() wants to be called, by either monotonic clock; none: not by that clock.
  std::optional<std::uint64_t> nextTick() const;     ///< lived_ms
  std::optional<std::uint64_t> nextTickAll() const;  ///< all_ms: an answered call is paid for whether we run or not

 private:
  /// What is known beside the record and its times; each fact is nowhere else. A time of 0 means none.
  struct Facts {
    Situation situation;                  ///< of the leg and the media; the teardown reads it
    LegWitness witness;                   ///< what speaks for the end of the leg without proving it
    std::string missing;                  ///< what the carrier has yet to do until the two can talk, in its words
    std::uint64_t ring_due = 0;           ///< lived_ms: nobody has answered until then
    std::uint64_t connect_due = 0;        ///< lived_ms: answered, and the media stream has not come
    std::uint64_t connect_s = 0;          ///< what connect_due was made of
    bool ended_there = false;             ///< the end began with what the carrier did or said
    std::uint64_t unconfirmed_since = 0;  ///< lived_ms
  };
  template <class Change>
  void amend(Change change);
  void note(Effects& out, log::Level level, std::string text) { out.notes.push_back({level, std::move(text)}); }
  void add(Effects& out, std::vector<Action> actions);
  Effects finish(Effects out, const Now& now);
  /// `said`: by the carrier, when that is where the end begins.
  void begin(Effects& out, EndedBy by, const std::string& reason, std::optional<Outcome> outcome, const SaidTimes& said,
             const Now& now);
  void correct(const LegNews& news, const Now& now);
  void learnName(Effects& out, const std::string& remote_id, const Now& now);
  void armRing(std::uint64_t more_ms, const Now& now);
  void armConnect(const Now& now);
  void becomeAnswered(Effects& out, const LegNews* news, const Now& now);
  void legIsOver(Effects& out, const LegNews& news, const Now& now);
  void witnessed(Effects& out, const Now& now);
  void seal(Effects& out, const Now& now);
  Outcome outcomeOf(EndedBy by) const;

  const Setting& setting_;
  Record record_;  ///< its status is the state of the machine
  TalkTime talk_{record_};
  Facts facts_;
  Teardown teardown_;
};

}  // namespace hookswitch::call
