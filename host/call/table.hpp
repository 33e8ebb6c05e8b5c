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

#include "host/call/call.hpp"
#include "host/call/teardown.hpp"

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
  const Terms* terms = nullptr;  ///< identity: terms are replaced as a whole
  bool operator==(const Saved& o) const {
    return status == o.status && remote_id == o.remote_id && answered_unix_ms == o.answered_unix_ms &&
           ended_unix_ms == o.ended_unix_ms && outcome == o.outcome && ended_by == o.ended_by &&
           leg_over == o.leg_over && released == o.released && witness == o.witness && terms == o.terms;
  }
};

/// A call and what the control thread keeps beside its record. [control]
struct Call {
  Record record;
  std::shared_ptr<const Terms> terms() const { return record.terms; }
  const std::string& id() const { return record.terms->id; }

  bool dialling = false;               ///< the create request is under way
  bool leg_over = false;               ///< the carrier reported the leg over, or two witnesses did
  LegWitness witness;                  ///< what speaks for the end of the leg without proving it
  bool media_attached = false;         ///< the carrier's socket has arrived once; its token is used up
  bool has_media = false;              ///< a bridge exists
  std::string token;                   ///< of media_url; compared in constant time
  std::unique_ptr<Teardown> teardown;  ///< set from the beginning
  std::vector<std::function<void(const std::string& error)>> waiters;  ///< for the answer of the end
  std::uint64_t timer = 0;                                             ///< teardown tick
  std::uint64_t limit_timer = 0;                                       ///< ring timeout, then maximum duration
  std::uint64_t connect_timer = 0;                                     ///< answered, and the media stream has not come
  std::uint64_t answered_ms = 0;  ///< by control::Thread::allMs(); 0: not answered in this run of the gateway
  std::uint64_t talked_ms = 0;    ///< as the carrier says, within what is plausible; 0: it did not
  std::string missing;            ///< what the carrier has yet to do until the two can talk, in its plugin's words
  std::uint64_t seq = 0;          ///< of its hook ids
  std::uint64_t unconfirmed_since = 0;  ///< monotonic; 0: no leg of it is unconfirmed
  std::uint64_t written = 0;            ///< number of its latest write in the ledger
  std::string key;                      ///< Idempotency-Key of a request that has not been answered
  Saved saved;
};

/// Owns them all. Ended calls stay until `keep_ended` newer ones are over; a call that still has background work (a
/// notification, a hang-up that is retried) is kept whatever its age, until its owner says that it may go. [control]
class Table {
 public:
  explicit Table(std::size_t keep_ended = 1000) : keep_ended_(keep_ended) {}

  Call& add(Record record);
  /// By our id; live, ending or ended. NULL when unknown.
  Call* find(std::string_view id);
  Call* findRemote(std::string_view carrier, std::string_view remote_id);
  /// Live call whose unused media token this is; compared in constant time.
  Call* findToken(std::string_view token);
  void setRemote(Call& call, const std::string& remote_id);
  /// The call leaves the list of live calls and joins the ended ones.
  void leave(Call& call);
  /// A call of the store whose end is behind it joins the ended ones without having been live.
  Call& adoptEnded(Record record);
  /// Forget ended calls beyond `keep_ended`, oldest first, that `may` be forgotten though they are not released.
  void forgetOld(const std::function<bool(const Call&)>& may);
  /// Called before an old call is forgotten.
  std::function<void(const Call&)> on_forget;

  const std::vector<Call*>& live() const { return live_; }  ///< in order of their start, ending ones included
  /// Ended calls with background work.
  std::size_t unreleased() const;
  std::size_t size() const { return all_.size(); }
  const std::deque<Call*>& ended() const { return ended_; }  ///< oldest first

 private:
  void dropRemote(const Call& call);
  std::size_t keep_ended_;
  std::unordered_map<std::string, std::unique_ptr<Call>> all_;
  std::unordered_map<std::string, Call*> by_remote_;  ///< "carrier:remote_id"
  std::unordered_map<std::string, Call*> by_token_;   ///< keyed by a digest of the token
  std::vector<Call*> live_;
  std::deque<Call*> ended_;  ///< oldest first
};

}  // namespace hookswitch::call
