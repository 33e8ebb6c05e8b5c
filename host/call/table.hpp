// The calls that are live, by every name they have, and the newest that are over.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "host/call/course.hpp"
#include "host/call/life.hpp"

namespace hookswitch::call {

/// What the store knows of a call beside its hooks and lines; compared to see whether it must be written again.
struct Saved {
  Status status = Status::initiating;
  std::string remote_id;
  std::uint64_t answered_unix_ms = 0, ended_unix_ms = 0;
  Outcome outcome = Outcome::failed;
  EndedBy ended_by = EndedBy::fault;
  bool leg_over = false, released = false;
  LegWitness witness;
  Transfer transfer;
  const Terms* terms = nullptr;  ///< identity: terms are replaced as a whole
  bool operator==(const Saved& o) const {
    return status == o.status && remote_id == o.remote_id && answered_unix_ms == o.answered_unix_ms &&
           ended_unix_ms == o.ended_unix_ms && outcome == o.outcome && ended_by == o.ended_by &&
           leg_over == o.leg_over && released == o.released && witness == o.witness && transfer == o.transfer &&
           terms == o.terms;
  }
};

/// Hears, when a call has left the list, whether the carrier took its hang-up. Called once. [control]
using EndWaiter = std::function<void(const base::Result<void>& hung_up)>;

/// A timer of the driver's, and when it rings by its clock.
struct Alarm {
  std::uint64_t timer = 0, at = 0;
};

/// A call's machine and what the control thread keeps beside it. [control]
struct Call {
  /// `number`: never used for another call of this run; the ids of its hook attempts are made of it.
  Call(Record begun, Leg leg, const Setting& setting, std::uint64_t number);
  Call(const Call&) = delete;
  const std::string& id() const { return record.terms->id; }

  Life life;
  const Record& record = life.record();
  const std::uint64_t number;
  std::string token;               ///< of the media URL; compared in constant time
  bool media_attached = false;     ///< the token is used up: the carrier's socket has arrived, or nothing opens it
  bool muted = false;              ///< what the caller says does not reach the model
  std::vector<EndWaiter> waiters;  ///< for the answer of the end
  std::string key;                 ///< Idempotency-Key of a request that a restart has cut and that has no answer yet
  Alarm by_lived, by_all;          ///< for the machine's tick, by either clock
  std::uint64_t written = 0;       ///< number of its latest write in the ledger
  Saved saved;
  std::string indexed;  ///< the carrier's id under which the table knows it
  Course course;
  std::unique_ptr<const Recording> media;  ///< what the loop recorded, once its media are down
};

/// Owns them all. Ended calls stay until `keep_ended` newer ones are over; a call that still has background work (a
/// notification, a hang-up that is retried) is kept whatever its age, until its owner says that it may go. [control]
class Table {
 public:
  explicit Table(std::size_t keep_ended = 1000) : keep_ended_(keep_ended) {}

  Call& add(Record record, Leg leg, const Setting& setting);
  /// By our id; live, ending or ended. NULL when unknown.
  Call* find(std::string_view id);
  Call* findRemote(std::string_view carrier, std::string_view remote_id);
  /// Live call whose unused media token this is; compared in constant time.
  Call* findToken(std::string_view token);
  /// Another media URL, whose token is unused, for a stream that comes instead of the one before.
  void renewToken(Call& call);
  /// The call one of whose hook attempts has this id, or had it.
  Call* findAttempt(std::uint64_t attempt_id);
  /// The carrier's id in the record may be another than before: the call is found by it from now on.
  void index(Call& call);
  /// The call leaves the list of live calls and joins the ended ones.
  void leave(Call& call);
  /// A call of the store whose end is behind it joins the ended ones without having been live.
  Call& adoptEnded(Record record, const Setting& setting);
  /// Forget ended calls beyond `keep_ended`, oldest first, that `may` be forgotten though they are not released.
  void forgetOld(const std::function<bool(const Call&)>& may);
  /// Attempts of one call's hooks: a leg that stays up for 72 h takes 100,000.
  static constexpr unsigned attempt_id_bits = 24;

  const std::vector<Call*>& live() const { return live_; }  ///< in order of their start, ending ones included
  std::size_t size() const { return all_.size(); }
  const std::deque<Call*>& ended() const { return ended_; }  ///< oldest first

 private:
  Call& create(Record record, Leg leg, const Setting& setting);
  void dropRemote(const Call& call);
  std::size_t keep_ended_;
  std::unordered_map<std::string, std::unique_ptr<Call>> all_;
  std::unordered_map<std::string, Call*> by_remote_;  ///< "carrier:remote_id"
  std::unordered_map<std::string, Call*> by_token_;   ///< keyed by a digest of the token
  std::unordered_map<std::uint64_t, Call*> by_number_;
  std::uint64_t next_number_ = 1;
  std::vector<Call*> live_;
  std::deque<Call*> ended_;  ///< oldest first
};

}  // namespace hookswitch::call
