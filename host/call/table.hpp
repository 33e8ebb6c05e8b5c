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

namespace hookswitch::call {

/// A call and what the control thread keeps beside its record. [control]
struct Call {
  Record record;
  std::shared_ptr<const Terms> terms() const { return record.terms; }
  const std::string& id() const { return record.terms->id; }

  bool dialling = false;         ///< the create request is under way
  bool leg_over = false;         ///< the carrier reported the leg over
  bool media_attached = false;   ///< the carrier's socket has arrived once; its token is used up
  bool has_media = false;        ///< a bridge exists
  std::string token;             ///< of media_url; compared in constant time
  std::unique_ptr<Teardown> teardown;          ///< set from the beginning
  std::vector<std::function<void(const std::string& error)>> waiters;  ///< for the answer of the end
  std::uint64_t timer = 0;       ///< teardown tick
  std::uint64_t limit_timer = 0; ///< ring timeout, then maximum duration
};

/// Owns them all. Ended calls stay until `keep_ended` newer ones are over; a call that still has background work (a
/// notification, a hang-up that is retried) is kept whatever its age. [control]
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

  const std::vector<Call*>& live() const { return live_; }   ///< in order of their start, ending ones included
  /// Ended calls with background work.
  std::size_t unreleased() const;
  std::size_t endedCount() const { return ended_.size(); }

 private:
  void forgetOld();
  void dropRemote(const Call& call);
  std::size_t keep_ended_;
  std::unordered_map<std::string, std::unique_ptr<Call>> all_;
  std::unordered_map<std::string, Call*> by_remote_;   ///< "carrier:remote_id"
  std::unordered_map<std::string, Call*> by_token_;    ///< keyed by a digest of the token
  std::vector<Call*> live_;
  std::deque<Call*> ended_;                            ///< oldest first
};

}  // namespace hookswitch::call
