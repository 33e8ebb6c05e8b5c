#include "host/api/history.hpp"

#include <memory>
#include <utility>
#include <vector>

#include "host/api/call_json.hpp"
#include "host/api/reply.hpp"
#include "host/base/json.hpp"
#include "host/control/ledger.hpp"

namespace hookswitch::api {

using call::HookRow;

std::string storedJson(const store::StoredCall& stored, std::uint64_t now_unix_ms, bool detail) {
  std::vector<HookRow> rows;
  for (auto& hook : stored.hooks) rows.push_back(control::rowOf(hook));
  return callJson(stored.record, &rows, now_unix_ms, detail, stored.stored);
}

namespace {

std::string linesOf(const std::vector<store::StoredCall>& calls, std::uint64_t now_unix_ms) {
  std::string body;
  for (auto& one : calls) body += storedJson(one, now_unix_ms, true) + "\n";
  return body;
}

/// Everything that matches, a part at a time, as fast as the client takes it. Calls that end meanwhile are newer than
/// where it has got to, so it has an end.
class Export : public std::enable_shared_from_this<Export> {
 public:
  Export(store::Store& store, std::function<void(base::IoPool::Task)> offload, store::HistoryQuery query,
         std::uint64_t now_unix_ms)
      : store_(store), offload_(std::move(offload)), query_(std::move(query)), now_unix_ms_(now_unix_ms) {}

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
          self->offload_([deliver, page, now = self->now_unix_ms_] { deliver(linesOf(page->calls, now), page->last); });
        });
  }

 private:
  store::Store& store_;
  const std::function<void(base::IoPool::Task)> offload_;
  store::HistoryQuery query_;  // one part is asked for at a time
  const std::uint64_t now_unix_ms_;
};

net::HttpReply listOf(const std::vector<store::StoredCall>& calls, const std::string& last, std::uint64_t now_unix_ms) {
  json::Array list;
  for (auto& one : calls) list.raw(storedJson(one, now_unix_ms, false));
  json::Object o;
  o.raw("calls", list.str()).add("count", std::uint64_t(calls.size()));
  o.orNull("next", last);
  return reply(200, o.str());
}

}  // namespace

void answerHistory(const CallsQuery& query, store::HistoryPage first, store::Store& store,
                   const std::function<void(base::IoPool::Task)>& offload, std::uint64_t now_unix_ms,
                   net::HttpResponder respond) {
  const auto page = std::make_shared<store::HistoryPage>(std::move(first));
  const std::string last = page->last ? std::string() : page->calls.back().record.terms->id;
  std::shared_ptr<Export> rest;
  if (query.everything && !last.empty()) {
    rest = std::make_shared<Export>(store, offload, query.history, now_unix_ms);
    rest->behind(*page);
  }
  offload([respond = std::move(respond), query, page, last, rest, now_unix_ms] {
    net::HttpReply answer = query.lines ? reply(200, linesOf(page->calls, now_unix_ms), "application/x-ndjson")
                                        : listOf(page->calls, last, now_unix_ms);
    if (rest)
      answer.more = [rest](net::HttpPart deliver) { rest->next(std::move(deliver)); };
    else if (!last.empty())
      answer.headers.emplace_back("Link", "</api/calls?" + query.next + "&before=" + last + ">; rel=\"next\"");
    respond(std::move(answer));
  });
}

}  // namespace hookswitch::api
