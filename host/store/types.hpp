// What the store keeps: values, no SQL. [any]
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "host/call/call.hpp"

namespace hookswitch::store {

/// One row of the ledger; its key is (call, phase, plugin). Times that must survive a restart are of the wall clock.
struct Hook {
  std::string call;
  call::Phase phase = call::Phase::notify;
  std::string plugin;
  call::HookRow::State state = call::HookRow::State::pending;
  std::uint32_t attempts = 0, deadline_ms = 0;
  std::uint64_t first_unix_ms = 0;  ///< of the first attempt
  std::uint64_t next_unix_ms = 0;   ///< of the next attempt; 0: none is planned
  std::uint64_t ms = 0;             ///< from the first attempt to the latest answer
  std::string error;
  std::string memo{};  ///< what the plugin is told again at the next attempt
  bool apart = false;  ///< what is behind it in its plugin's line need not wait for it
  bool stored = true;  ///< false: the file has an older row, or none; ignored on the way in
};

/// A call without its transcript and hooks. `record.transcript` is ignored on the way in.
struct SaveCall {
  call::Record record;       ///< terms->media_url is never stored: its token is a secret and works once
  bool leg_over = false;     ///< the carrier reported the leg over
  call::LegWitness witness;  ///< what speaks for this without proving it
  bool released = false;     ///< nothing runs for this call any more
};
/// A line of the transcript by its number within the call (call::Line::number); an empty text removes it.
struct SaveLine {
  std::string call;
  call::Line line;
};
struct SaveHook {
  Hook hook;
};
/// An Idempotency-Key and what was answered to it. status 0: the request is still in progress.
struct SaveKey {
  std::string key, body_digest, call;
  std::uint64_t created_unix_ms = 0;
  int status = 0;
  std::string body;
};
struct DropKey {
  std::string key;
};
/// A leg that became no call. Those of calls are known by their call, and all of them for keep_days, whatever becomes
/// of it.
struct SaveLeg {
  std::string carrier, remote_id;
  std::uint64_t seen_unix_ms = 0;
};
using Write = std::variant<SaveCall, SaveLine, SaveHook, SaveKey, DropKey, SaveLeg>;

/// A call with everything that belongs to it: its record has the transcript, and no media_url.
struct StoredCall : SaveCall {
  std::vector<Hook> hooks;
  bool stored = true;  ///< false: something of it waits to be written
};

/// What a read brings. Not `readable`: the file could not be read, and `value` says nothing about what is in it.
template <class T>
struct Answer {
  bool readable = false;
  T value{};
};

/// What a start finds: calls that are not released, and the keys that still count: not a day old, or without an answer.
struct Unfinished {
  std::vector<StoredCall> calls;  ///< oldest first
  std::vector<SaveKey> keys;
};

/// GET /api/calls?state=ended. Newest first.
struct HistoryQuery {
  std::size_t limit = 100;  ///< 1..1000
  std::string before;       ///< id of a call: only those that started before it; empty: from the newest
  std::uint64_t before_started_unix_ms =
      0;               ///< when that one started, for a caller that knows: the call may be gone by now
  std::string number;  ///< of either party, with or without its +; empty: any
  std::optional<call::Outcome> outcome;
  std::uint64_t from_unix_ms = 0, to_unix_ms = 0;  ///< started in [from, to); 0: no bound
  bool transcripts = false;                        ///< read the lines and hooks too (export)
  std::size_t page_bytes = 16 * 1024 * 1024;       ///< of transcripts: a page ends with the call that reaches them, too
};
/// Is this one of those, wherever a page begins? `before` counts when it is known when that one started.
bool matches(const call::Record& record, const HistoryQuery& query);
struct HistoryPage {
  std::vector<StoredCall> calls;
  bool last = true;  ///< nothing that matches is behind these; else there may be
};

/// The number with its + when it stands without, and the other way round.
inline std::string otherSpelling(const std::string& number) {
  return !number.empty() && number[0] == '+' ? number.substr(1) : "+" + number;
}

}  // namespace hookswitch::store
