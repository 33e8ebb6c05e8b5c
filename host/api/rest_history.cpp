// The REST interface to the calls that are over: queries, pages, export.
#include <hookswitch/json.hpp>

#include <Poco/DateTimeParser.h>
#include <Poco/Exception.h>

#include <algorithm>
#include <charconv>

#include "host/api/call_json.hpp"
#include "host/api/rest_api.hpp"
#include "host/api/rest_query.hpp"
#include "host/base/ids.hpp"

namespace hookswitch::api {
namespace {

using call::HookRow;

constexpr std::size_t export_page = 100;  // calls read and written at once: what a slow client lets wait in memory

bool parseTime(const std::string& text, std::uint64_t& unix_ms) {
  Poco::DateTime time;
  int zone = 0;
  for (const char* format : {"%Y-%m-%dT%H:%M:%s%z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"})
    if (Poco::DateTimeParser::tryParse(format, text, time, zone)) {
      const auto ms = time.timestamp().epochMicroseconds() / 1000 - zone * 1000ll;
      unix_ms = ms > 0 ? std::uint64_t(ms) : 0;
      return unix_ms > 0;
    }
  return false;
}

std::optional<call::Outcome> outcomeNamed(const std::string& text) {
  for (auto o : {call::Outcome::completed, call::Outcome::failed, call::Outcome::busy, call::Outcome::no_answer,
                 call::Outcome::canceled})
    if (text == call::name(o)) return o;
  return std::nullopt;
}

std::string storedJson(const store::StoredCall& stored, bool detail) {
  std::vector<HookRow> rows;
  for (auto& h : stored.hooks) {
    HookRow row;
    row.phase = h.phase;
    row.plugin = h.plugin;
    row.state = h.state;
    row.attempts = h.attempts;
    row.ms = h.ms;
    row.error = h.error;
    rows.push_back(std::move(row));
  }
  return call::toJson(stored.record, &rows, control::Thread::unixMs(), detail, stored.stored);
}

std::string linesOf(const std::vector<store::StoredCall>& calls) {
  std::string body;
  for (auto& one : calls) body += storedJson(one, true) + "\n";
  return body;
}

/// Everything that matches, a part at a time, as fast as the client takes it. Calls that end meanwhile are newer than
/// where it has got to, so it has an end.
class Export : public std::enable_shared_from_this<Export> {
 public:
  Export(store::Store& store, std::function<void(net::IoPool::Task)> offload, store::HistoryQuery query)
      : store_(store), offload_(std::move(offload)), query_(std::move(query)) {}

  /// What matches goes on behind this page.
  void behind(const store::HistoryPage& page) {
    query_.before = page.calls.back().record.terms->id;
    query_.before_started_unix_ms = page.calls.back().record.started_unix_ms;
  }
  void next(net::HttpPart deliver) {
    store_.history(
        query_, [self = shared_from_this(), deliver = std::move(deliver)](store::Answer<store::HistoryPage> history) {
          if (!history.readable) return;  // `deliver` goes unanswered, so the client sees that its export is cut
          const auto page = std::make_shared<store::HistoryPage>(std::move(history.value));
          if (!page->last) self->behind(*page);
          self->offload_([deliver, page] { deliver(linesOf(page->calls), page->last); });
        });
  }

 private:
  store::Store& store_;
  const std::function<void(net::IoPool::Task)> offload_;
  store::HistoryQuery query_;  // one part is asked for at a time
};

net::HttpReply listOf(const std::vector<store::StoredCall>& calls, const std::string& last) {
  hks::json::Array list;
  for (auto& one : calls) list.raw(storedJson(one, false));
  hks::json::Object o;
  o.raw("calls", list.str()).add("count", std::uint64_t(calls.size()));
  if (last.empty())
    o.raw("next", "null");
  else
    o.add("next", last);
  return goodReply(o.str());
}

}  // namespace

net::HttpReply badQuery(const std::string& sentence) { return net::errorReply(400, sentence); }

net::HttpReply unreadable() { return net::errorReply(503, control::store_unreadable); }

net::HttpReply goodReply(std::string body, const char* type) {
  net::HttpReply reply;
  reply.body = std::move(body);
  if (type) reply.headers.emplace_back("Content-Type", type);
  return reply;
}

bool parseLimit(const std::string& text, std::size_t most, std::size_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out >= 1 && out <= most;
}

bool parameters(std::string_view query, Poco::URI::QueryParameters& out) {
  try {
    Poco::URI uri;
    uri.setRawQuery(std::string(query));
    out = uri.getQueryParameters();
    return true;
  } catch (const Poco::Exception&) {
    return false;
  }
}

net::HttpReply knownOnly(std::string_view query, std::initializer_list<const char*> known) {
  net::HttpReply none;
  none.status = 0;
  Poco::URI::QueryParameters list;
  if (!parameters(query, list)) return badQuery("the query is not valid percent-encoding");
  for (auto& [name, value] : list) {
    if (std::any_of(known.begin(), known.end(), [&, &n = name](const char* k) { return n == k; })) continue;
    std::string names;
    for (const char* one : known)
      names += (names.empty() ? "" : one == *(known.end() - 1) ? " and " : ", ") + std::string(one);
    return badQuery("'" + name.substr(0, 64) + "': there is no such parameter; " +
                    (names.empty() ? "this route takes none" : "known are " + names));
  }
  return none;
}

net::HttpReply parseCallsQuery(std::string_view query, CallsQuery& out) {
  net::HttpReply none = knownOnly(query, {"state", "limit", "before", "number", "outcome", "since", "until", "format"});
  if (none.status) return none;
  Poco::URI::QueryParameters list;
  parameters(query, list);
  bool filtered = false, limited = false;
  for (auto& [name, value] : list) {
    if (name == "state") {
      if (value != "live" && value != "ended") return badQuery("'state': expected live or ended");
      out.state = value == "ended" ? CallsQuery::State::ended : CallsQuery::State::live;
      continue;
    }
    filtered = true;
    if (name == "limit") {
      limited = true;
      if (!parseLimit(value, 1000, out.history.limit))
        return badQuery("'limit': expected a whole number from 1 to 1000");
    } else if (name == "before") {
      if (!base::isId(value)) return badQuery("'before': expected the call_id of a call");
      out.history.before = value;
    } else if (name == "number") {
      // An unescaped + arrives as a space.
      out.history.number = !value.empty() && value[0] == ' ' ? "+" + value.substr(1) : value;
      if (out.history.number.empty() || out.history.number.size() > 64)
        return badQuery("'number': expected a phone number such as +15550001111");
    } else if (name == "outcome") {
      out.history.outcome = outcomeNamed(value);
      if (!out.history.outcome) return badQuery("'outcome': expected completed, failed, busy, no-answer or canceled");
    } else if (name == "since" || name == "until") {
      if (!parseTime(value, name == "since" ? out.history.from_unix_ms : out.history.to_unix_ms))
        return badQuery("'" + name + "': expected a time such as 2026-01-31T14:03:22Z");
    } else if (name == "format") {
      if (value != "json" && value != "jsonl") return badQuery("'format': expected json or jsonl");
      out.lines = value == "jsonl";
    }
  }
  if (filtered && out.state == CallsQuery::State::live)
    return badQuery("limit, before, number, outcome, since, until and format go with state=ended");
  out.history.transcripts = out.lines;
  out.everything = out.lines && !limited;
  Poco::URI next;
  for (auto& [name, value] : list)
    if (name != "before") next.addQueryParameter(name, value);
  out.next = next.getRawQuery();
  return none;
}

void RestApi::listCalls(const Request& request, net::HttpResponder respond) {
  CallsQuery query;
  net::HttpReply refusal = parseCallsQuery(request->query(), query);
  if (refusal.status) return respond(std::move(refusal));
  if (query.state == CallsQuery::State::live)
    return control_.post([this, respond = std::move(respond)] { respond(goodReply(liveJson(calls_.live()))); });
  if (query.everything) query.history.limit = export_page;
  control_.post([this, respond = std::move(respond), query] {
    // A disk that hangs answers nobody; what memory has is better than silence.
    if (calls_.ledger().store().health().hangs)
      return answerList(query, {true, calls_.endedInMemory(query.history)}, respond);
    calls_.ledger().store().history(query.history, [this, respond, query](store::Answer<store::HistoryPage> history) {
      answerList(query, std::move(history), respond);
    });
  });
}

void RestApi::answerList(const CallsQuery& query, store::Answer<store::HistoryPage> history,
                         const net::HttpResponder& respond) {
  if (!history.readable) return respond(unreadable());
  const auto page = std::make_shared<store::HistoryPage>(std::move(history.value));
  const std::string last = page->last ? std::string() : page->calls.back().record.terms->id;
  std::shared_ptr<Export> rest;
  if (query.everything && !last.empty()) {
    rest = std::make_shared<Export>(calls_.ledger().store(), host_.offload, query.history);
    rest->behind(*page);
  }
  host_.offload([respond, query, page, last, rest] {
    net::HttpReply reply =
        query.lines ? goodReply(linesOf(page->calls), "application/x-ndjson") : listOf(page->calls, last);
    if (rest)
      reply.more = [rest](net::HttpPart deliver) { rest->next(std::move(deliver)); };
    else if (!last.empty())
      reply.headers.emplace_back("Link", "</api/calls?" + query.next + "&before=" + last + ">; rel=\"next\"");
    respond(std::move(reply));
  });
}

void RestApi::showCall(const std::string& id, net::HttpResponder respond) {
  control_.post([this, id, respond = std::move(respond)] {
    if (const auto call = calls_.view(id)) return respond(goodReply(detailJson(*call)));
    if (!base::isId(id)) return respond(net::errorReply(404, "Call not found"));
    calls_.ledger().store().find(id, [respond](store::Answer<std::optional<store::StoredCall>> stored) {
      if (!stored.readable) return respond(unreadable());
      respond(stored.value ? goodReply(storedJson(*stored.value, true)) : net::errorReply(404, "Call not found"));
    });
  });
}

}  // namespace hookswitch::api
