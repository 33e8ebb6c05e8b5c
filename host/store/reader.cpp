#include "host/store/reader.hpp"

#include <Poco/Data/Statement.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "host/store/database.hpp"
#include "host/store/rows.hpp"

namespace hookswitch::store {
namespace {

using namespace Poco::Data::Keywords;
using Poco::Data::Statement;

const std::string kCalls =
    "SELECT c.id, remote_id, carrier, voice, to_number, from_number, base_url, direction, max_duration_s, "
    "ring_timeout_s, status, started,"
    " answered, ended, outcome, ended_by, reason, transcript_cut, last_line, leg_over, released, started_ms, boot, "
    "coalesce(prompt, ''),"
    " coalesce(greeting, ''), coalesce(metadata, '{}') FROM calls c LEFT JOIN texts t ON t.call=c.id ";
const std::string kLines = "SELECT call, number, speaker, at, item, text, cut FROM lines ";
const std::string kHooks =
    "SELECT call, phase, plugin, state, attempts, deadline_ms, first, next, ms, error, memo, apart FROM hooks ";
const std::string kKeys = "SELECT key, digest, call, created, status, body FROM keys ";
const std::string kUnreleased = "call IN (SELECT id FROM calls WHERE released=0) ";

/// A condition; when none of them is settled well, the index of those is what SQLite uses, once the query repeats its
/// own.
std::string inStates(const std::vector<call::HookRow::State>& states) {
  std::string list;
  bool open = true;
  for (const auto state : states) {
    list += (list.empty() ? "" : ",") + std::to_string(int(state));
    open = open && state != call::HookRow::State::done && state != call::HookRow::State::skipped;
  }
  return "state IN (" + list + (open ? ") AND state NOT IN (2, 3)" : ")");
}

void addLine(StoredCall& call, OwnedLine&& line) {
  auto& r = call.record;
  r.transcript_bytes += line.line.text.size();
  r.last_line = std::max(r.last_line, line.line.number);  // the line may have been written after the call
  r.transcript.push_back(std::move(line.line));
}

}  // namespace

Unfinished Reader::unfinished(std::uint64_t keys_since_unix_ms) {
  Unfinished out;
  Statement calls(database_.session());
  calls << kCalls << "WHERE released=0 ORDER BY started, c.id", into(out.calls), now;
  std::unordered_map<std::string, StoredCall*> by_id;
  for (auto& call : out.calls) by_id[call.record.terms->id] = &call;

  std::vector<OwnedLine> lines;
  Statement select_lines(database_.session());
  select_lines << kLines << "WHERE " << kUnreleased << "ORDER BY call, number", into(lines), now;
  for (auto& line : lines) addLine(*by_id.at(line.call), std::move(line));

  std::vector<Hook> hooks;
  Statement select_hooks(database_.session());
  select_hooks << kHooks << "WHERE " << kUnreleased << "ORDER BY call, first, phase, plugin", into(hooks), now;
  for (auto& hook : hooks) by_id.at(hook.call)->hooks.push_back(std::move(hook));

  Poco::Int64 since = Poco::Int64(keys_since_unix_ms);
  Statement keys(database_.session());
  // Without an answer a key is not too old: the clock may have been set, and its call may still be under way.
  keys << kKeys << "WHERE created>=? OR status=0 ORDER BY created, key", use(since), into(out.keys), now;
  return out;
}

std::optional<StoredCall> Reader::find(const std::string& call) {
  std::vector<StoredCall> found;
  std::string id = call;
  Statement statement(database_.session());
  statement << kCalls << "WHERE c.id=?", use(id), into(found), now;
  if (auto waiting = overlay_.call(call)) found.assign(1, std::move(*waiting));
  if (found.empty()) return std::nullopt;
  details(found.front());
  return std::move(found.front());
}

void Reader::details(StoredCall& call) {
  std::string id = call.record.terms->id;
  std::vector<OwnedLine> lines;
  Statement select_lines(database_.session());
  select_lines << kLines << "WHERE call=? ORDER BY number", use(id), into(lines), now;
  for (auto& line : lines) addLine(call, std::move(line));
  Statement select_hooks(database_.session());
  select_hooks << kHooks << "WHERE call=? ORDER BY first, phase, plugin", use(id), into(call.hooks), now;
  overlay_.details(call);
}

HistoryPage Reader::history(HistoryQuery query) {
  HistoryPage out;
  Poco::Int64 limit = Poco::Int64(std::clamp<std::size_t>(query.limit, 1, 1000));
  if (!query.before.empty() && !query.before_started_unix_ms)
    if (const auto waiting = overlay_.call(query.before))
      query.before_started_unix_ms = waiting->record.started_unix_ms;
  Poco::Int64 from = Poco::Int64(query.from_unix_ms), to = Poco::Int64(query.to_unix_ms);
  Poco::Int64 outcome = query.outcome ? Poco::Int64(*query.outcome) : 0;

  std::string where = "status=" + std::to_string(int(call::Status::ended));
  if (query.outcome) where += " AND outcome=:outcome";
  if (from) where += " AND started>=:from";
  if (to) where += " AND started<:to";
  Poco::Int64 before_started = Poco::Int64(query.before_started_unix_ms);
  if (before_started)
    where += " AND (started, id)<(:before_started, :before)";
  else if (!query.before.empty())
    where += " AND (started, id)<(SELECT started, id FROM calls WHERE id=:before)";
  const std::string newest = " ORDER BY started DESC, id DESC LIMIT :limit";
  std::string sql;
  if (query.number.empty()) {
    sql = kCalls + "WHERE " + where + newest;
  } else {
    // Each side walks its own index in the order wanted and stops at the limit; an OR would sort all that match.
    const auto side = [&](const char* is) {
      return "SELECT id FROM (SELECT id FROM calls WHERE " + std::string(is) + " AND " + where + newest + ")";
    };
    sql = kCalls + "WHERE c.id IN (" + side("to_number=:number") + " UNION " + side("from_number=:number") + " UNION " +
          side("to_number=:other") + " UNION " + side("from_number=:other") + ")" + newest;
  }
  // A name that occurs again is the same parameter: bound once, in the order in which the names first occur.
  Statement statement(database_.session());
  statement << sql;
  if (!query.number.empty()) statement, use(query.number);
  if (query.outcome) statement, use(outcome);
  if (from) statement, use(from);
  if (to) statement, use(to);
  if (before_started) statement, use(before_started);
  if (!query.before.empty()) statement, use(query.before);
  statement, use(limit);
  std::string other = otherSpelling(query.number);
  if (!query.number.empty()) statement, use(other);
  statement, into(out.calls), now;
  out.last = out.calls.size() < std::size_t(limit);
  if (overlay_.empty()) return out;
  // The page of the file is complete up to its oldest; where `before` stands in it the overlay must know as well.
  if (!query.before.empty() && !query.before_started_unix_ms) {
    std::string id = query.before;
    Statement started(database_.session());
    started << "SELECT started FROM calls WHERE id=?", use(id), into(before_started), now;
    query.before_started_unix_ms = std::uint64_t(before_started);
    if (!before_started) return out;  // a call that nobody knows: nothing is before it
  }
  overlay_.page(out, query, std::size_t(limit));
  return out;
}

std::vector<Hook> Reader::hooks(const std::vector<call::HookRow::State>& states, std::size_t limit) {
  std::vector<Hook> out;
  if (states.empty()) return out;
  limit = std::clamp<std::size_t>(limit, 1, 10'000);
  Poco::Int64 most = Poco::Int64(limit + overlay_.hookCount(10'000));
  Statement statement(database_.session());
  statement << kHooks << "WHERE " << inStates(states) << " ORDER BY first DESC, call, phase, plugin LIMIT ?", use(most),
      into(out), now;
  overlay_.hooks(out, states, limit);
  return out;
}

std::vector<Hook> Reader::oldestHooks(const std::vector<call::HookRow::State>& states, std::size_t limit,
                                      std::string plugin, bool notifications) {
  std::vector<Hook> out;
  if (states.empty()) return out;
  Poco::Int64 most = Poco::Int64(std::clamp<std::size_t>(limit, 1, 10'000));
  std::string where = "WHERE " + inStates(states);
  if (notifications)
    where += " AND phase IN (" + std::to_string(int(call::Phase::notify)) + "," +
             std::to_string(int(call::Phase::started)) + ")";
  if (!plugin.empty()) where += " AND plugin=?";
  Statement statement(database_.session());
  statement << kHooks << where << " ORDER BY first, call, phase, plugin LIMIT ?";
  if (!plugin.empty()) statement, use(plugin);
  statement, use(most), into(out), now;
  return out;
}

std::optional<SaveKey> Reader::findKey(std::string key) {
  bool dropped = false;
  if (auto waiting = overlay_.key(key, dropped); waiting || dropped) return waiting;
  std::vector<SaveKey> found;
  Statement statement(database_.session());
  statement << kKeys << "WHERE key=?", use(key), into(found), now;
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

bool Reader::knowsBase(std::string base_url) {
  Poco::Int64 known = 0;
  Statement statement(database_.session());
  statement << "SELECT EXISTS(SELECT 1 FROM calls WHERE base_url=?)", use(base_url), into(known), now;
  return known != 0 || overlay_.knowsBase(base_url);
}

bool Reader::knowsLeg(std::string carrier, std::string remote_id) {
  Poco::Int64 known = 0;
  Statement statement(database_.session());
  statement << "SELECT EXISTS(SELECT 1 FROM legs WHERE carrier=? AND remote_id=?)", use(carrier), use(remote_id),
      into(known), now;
  return known != 0 || overlay_.knowsLeg(carrier, remote_id);
}

}  // namespace hookswitch::store
