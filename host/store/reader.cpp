#include "host/store/reader.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "host/store/database.hpp"
#include "host/store/rows.hpp"

namespace hookswitch::store {
namespace {

using namespace Poco::Data::Keywords;

const std::string& selectCalls() {
  static const std::string sql = "SELECT " + calls().columns().list("c") + ", " + texts().columns().listOrInitial("t") +
                                 " FROM calls c LEFT JOIN texts t ON t.call=c.id ";
  return sql;
}
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

void addLine(StoredCall& call, SaveLine&& line) {
  auto& r = call.record;
  r.transcript_bytes += line.line.text.size();
  r.last_line = std::max(r.last_line, line.line.number);  // the line may have been written after the call
  r.transcript.push_back(std::move(line.line));
}

}  // namespace

Unfinished Reader::unfinished(std::uint64_t keys_since_unix_ms) {
  Unfinished out;
  database_.run(selectCalls() + "WHERE released=0 ORDER BY started, c.id", into(out.calls));
  std::unordered_map<std::string, StoredCall*> by_id;
  for (auto& call : out.calls) by_id[call.record.terms->id] = &call;

  std::vector<SaveLine> said;
  database_.run(lines().columns().select() + "WHERE " + kUnreleased + "ORDER BY call, number", into(said));
  for (auto& line : said) addLine(*by_id.at(line.call), std::move(line));

  std::vector<Hook> rows;
  database_.run(store::hooks().columns().select() + "WHERE " + kUnreleased + "ORDER BY call, first, phase, plugin",
                into(rows));
  for (auto& hook : rows) by_id.at(hook.call)->hooks.push_back(std::move(hook));

  Poco::Int64 since = Poco::Int64(keys_since_unix_ms);
  // Without an answer a key is not too old: the clock may have been set, and its call may still be under way.
  database_.run(keys().columns().select() + "WHERE created>=? OR status=0 ORDER BY created, key", use(since),
                into(out.keys));
  return out;
}

std::optional<StoredCall> Reader::find(const std::string& call) {
  std::vector<StoredCall> found;
  std::string id = call;
  database_.run(selectCalls() + "WHERE c.id=?", use(id), into(found));
  if (auto waiting = overlay_.call(call)) found.assign(1, std::move(*waiting));
  if (found.empty()) return std::nullopt;
  details(found.front());
  return std::move(found.front());
}

void Reader::details(StoredCall& call) {
  std::string id = call.record.terms->id;
  std::vector<SaveLine> said;
  database_.run(lines().columns().select() + "WHERE call=? ORDER BY number", use(id), into(said));
  for (auto& line : said) addLine(call, std::move(line));
  database_.run(store::hooks().columns().select() + "WHERE call=? ORDER BY first, phase, plugin", use(id),
                into(call.hooks));
  overlay_.details(call);
}

HistoryPage Reader::history(HistoryQuery query) {
  if (!query.before.empty() && !query.before_started_unix_ms)
    if (const auto waiting = overlay_.call(query.before))
      query.before_started_unix_ms = waiting->record.started_unix_ms;
  const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, 1000);
  HistoryPage out;
  out.calls = page(query, limit);
  out.last = out.calls.size() < limit;
  if (overlay_.empty()) return out;
  // The page of the file is complete up to its oldest; where `before` stands in it the overlay must know as well.
  if (!query.before.empty() && !query.before_started_unix_ms) {
    Poco::Int64 started = 0;
    database_.run("SELECT started FROM calls WHERE id=?", use(query.before), into(started));
    if (!started) return out;  // a call that nobody knows: nothing is before it
    query.before_started_unix_ms = std::uint64_t(started);
  }
  overlay_.page(out, query, limit);
  return out;
}

/// What the file has.
std::vector<StoredCall> Reader::page(HistoryQuery& query, std::size_t limit) {
  // A name that occurs again is the same parameter: bound once, in the order in which the names first occur.
  std::string where = "status=" + std::to_string(int(call::Status::ended));
  Poco::Data::AbstractBindingVec bound;
  const auto require = [&](bool wanted, const char* condition, auto& value) {
    if (!wanted) return;
    where += condition;
    bound.push_back(use(value));
  };
  Poco::Int64 outcome = query.outcome ? Poco::Int64(*query.outcome) : 0;
  Poco::Int64 from = Poco::Int64(query.from_unix_ms), to = Poco::Int64(query.to_unix_ms);
  Poco::Int64 before_started = Poco::Int64(query.before_started_unix_ms), most = Poco::Int64(limit);
  std::string other = otherSpelling(query.number);
  if (!query.number.empty()) bound.push_back(use(query.number));
  require(outcome, " AND outcome=:outcome", outcome);
  require(from, " AND started>=:from", from);
  require(to, " AND started<:to", to);
  require(before_started, " AND (started, id)<(:before_started, ", before_started);
  require(!query.before.empty(),
          before_started ? ":before)" : " AND (started, id)<(SELECT started, id FROM calls WHERE id=:before)",
          query.before);
  bound.push_back(use(most));
  if (!query.number.empty()) bound.push_back(use(other));

  const std::string newest = " ORDER BY started DESC, id DESC LIMIT :limit";
  std::string sql = selectCalls() + "WHERE ";
  if (query.number.empty()) {
    sql += where + newest;
  } else {
    // Each side walks its own index in the order wanted and stops at the limit; an OR would sort all that match.
    const auto side = [&](const char* is) {
      return "SELECT id FROM (SELECT id FROM calls WHERE " + std::string(is) + " AND " + where + newest + ")";
    };
    sql += "c.id IN (" + side("to_number=:number") + " UNION " + side("from_number=:number") + " UNION " +
           side("to_number=:other") + " UNION " + side("from_number=:other") + ")" + newest;
  }
  std::vector<StoredCall> found;
  database_.run(sql, bound, into(found));
  return found;
}

std::vector<Hook> Reader::hooks(const std::vector<call::HookRow::State>& states, std::size_t limit) {
  std::vector<Hook> out;
  if (states.empty()) return out;
  limit = std::clamp<std::size_t>(limit, 1, 10'000);
  Poco::Int64 most = Poco::Int64(limit + overlay_.hookCount(10'000));
  database_.run(store::hooks().columns().select() + "WHERE " + inStates(states) +
                    " ORDER BY first DESC, call, phase, plugin LIMIT ?",
                use(most), into(out));
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
  Poco::Data::AbstractBindingVec bound;
  if (!plugin.empty()) {
    where += " AND plugin=?";
    bound.push_back(use(plugin));
  }
  bound.push_back(use(most));
  database_.run(store::hooks().columns().select() + where + " ORDER BY first, call, phase, plugin LIMIT ?", bound,
                into(out));
  return out;
}

std::optional<SaveKey> Reader::findKey(std::string key) {
  bool dropped = false;
  if (auto waiting = overlay_.key(key, dropped); waiting || dropped) return waiting;
  std::vector<SaveKey> found;
  database_.run(keys().columns().select() + "WHERE key=?", use(key), into(found));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

bool Reader::knowsBase(std::string base_url) {
  Poco::Int64 known = 0;
  database_.run("SELECT EXISTS(SELECT 1 FROM calls WHERE base_url=?)", use(base_url), into(known));
  return known != 0 || overlay_.knowsBase(base_url);
}

bool Reader::knowsLeg(std::string carrier, std::string remote_id) {
  Poco::Int64 known = 0;
  database_.run("SELECT EXISTS(SELECT 1 FROM legs WHERE carrier=? AND remote_id=?)", use(carrier), use(remote_id),
                into(known));
  return known != 0 || overlay_.knowsLeg(carrier, remote_id);
}

}  // namespace hookswitch::store
