#include "plugins/twilio/look_up.hpp"

#include "plugins/twilio/text.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace hookswitch::twilio {
namespace {

constexpr std::int64_t kClockSlack_s = 5;

}  // namespace

struct LookUp::Search {
  Wanted wanted;
  Done done;
  std::vector<Leg> left;   ///< could be it
  std::deque<Leg> to_ask;  ///< could be it, its log will tell
  unsigned pages = 0;
  std::size_t asked = 0, under_way = 0;
  std::string trouble;  ///< what could not be asked, the first
  std::uint64_t after_ms = 0;
  bool over = false;
};

void LookUp::noteTime(const hks_http& response) {
  if (const auto date = parseMailDate(hks::header(response, "Date"))) noteTime(*date);
}

void LookUp::note(std::string_view call_sid, const Mark& mark) {
  if (!marks_.emplace(std::string(call_sid), mark).second) return;
  order_.emplace_back(call_sid);
  if (order_.size() <= kRemembered) return;
  marks_.erase(order_.front());
  order_.pop_front();
}

const Mark* LookUp::known(std::string_view call_sid) const {
  const auto it = marks_.find(std::string(call_sid));
  return it == marks_.end() ? nullptr : &it->second;
}

void LookUp::find(Wanted wanted, Done done, hks::Out& out) {
  auto search = std::make_shared<Search>();
  search->wanted = std::move(wanted);
  search->done = std::move(done);
  list(search, listCalls(ports_.config(), search->wanted.to, search->wanted.from, search->wanted.day), out);
}

void LookUp::list(const SearchPtr& search, const Request& request, hks::Out& out) {
  ++search->pages;
  const bool taken = ports_.perform(
      out, request, [this, search](const hks_http& response, hks::Out& o) { onListed(search, response, o); });
  if (taken) return;
  search->trouble = kTooBusy;
  finish(search, Verdict::unasked, {}, out);
}

void LookUp::onListed(const SearchPtr& search, const hks_http& response, hks::Out& out) {
  noteTime(response);
  const auto page = response.status == 200 ? parseLegs(hks::text(response.body)) : std::nullopt;
  if (!page) {
    search->trouble = errorSentence(response);
    search->after_ms = retryAfterMs(response).value_or(0);
    return finish(search, Verdict::unasked, {}, out);
  }
  const Wanted& wanted = search->wanted;
  std::int64_t earliest_s = wanted.earliest_s;
  // Twilio's own clock, from the same answer, is better: it does not depend on ours being right.
  if (const auto carrier_now_s = parseMailDate(hks::header(response, "Date")); carrier_now_s && wanted.age_s != 0)
    earliest_s = *carrier_now_s - wanted.age_s;
  earliest_s -= kClockSlack_s;

  bool older = false;  // newest first: what follows on the next page is older still
  for (const Leg& leg : page->legs) {
    if (leg.mark) note(leg.sid, *leg.mark);
    if (leg.direction != "outbound-api" || leg.to != wanted.to || leg.from != wanted.from) continue;
    if (const Mark* mark = known(leg.sid)) {
      if (mark->call == wanted.call) return finish(search, Verdict::found, leg, out);
      continue;
    }
    consider(*search, leg, earliest_s);
    older = leg.created_s && *leg.created_s < earliest_s;
  }
  if (!page->next_uri.empty() && !older) {
    const auto next = nextPage(ports_.config(), page->next_uri);
    if (next && search->pages < kPages) return list(search, *next, out);
    search->trouble = "Twilio lists more calls between these numbers than can be looked at";
  }
  ask(search, out);
}

/// A leg without a mark that we know: it may be ours if it began when ours did.
void LookUp::consider(Search& search, const Leg& leg, std::int64_t earliest_s) {
  const bool over = legState(leg.status).state == HKS_OVER;
  const bool fresh = leg.created_s ? *leg.created_s >= earliest_s && *leg.created_s <= search.wanted.latest_s : !over;
  if (fresh && ports_.config().look_up == LookUpPolicy::events)
    search.to_ask.push_back(leg);
  else if (fresh)
    search.left.push_back(leg);
}

void LookUp::ask(const SearchPtr& search, hks::Out& out) {
  while (!search->over && !search->to_ask.empty() && search->under_way < kAtOnce) {
    Leg leg = std::move(search->to_ask.front());
    search->to_ask.pop_front();
    if (const Mark* mark = known(leg.sid)) {  // another search was told meanwhile
      if (mark->call == search->wanted.call) return finish(search, Verdict::found, leg, out);
      continue;
    }
    const Request request = callLog(ports_.config(), leg.sid);
    const auto then = [this, search, leg](const hks_http& response, hks::Out& o) {
      --search->under_way;
      onLog(search, leg, response, o);
    };
    if (search->asked < kLogs && ports_.perform(out, request, then)) {
      ++search->asked;
      ++search->under_way;
    } else {
      if (search->trouble.empty())
        search->trouble =
            search->asked < kLogs ? kTooBusy : "Twilio has more calls between these numbers than are asked for at once";
      search->to_ask.clear();
    }
  }
  if (!search->over && search->under_way == 0) decide(search, out);
}

void LookUp::onLog(const SearchPtr& search, const Leg& leg, const hks_http& response, hks::Out& out) {
  noteTime(response);
  if (search->over) return;
  const auto log = response.status == 200 ? parseLog(hks::text(response.body)) : std::nullopt;
  if (log && log->mark) {
    note(leg.sid, *log->mark);
    if (log->mark->call == search->wanted.call) return finish(search, Verdict::found, leg, out);
  } else if (log && log->telling) {
    note(leg.sid, {});
  } else if (log || response.status == 404) {
    search->left.push_back(leg);  // no log, or none yet: numbers and time must do
  } else {
    if (search->trouble.empty()) search->trouble = errorSentence(response);
    search->after_ms = std::max(search->after_ms, retryAfterMs(response).value_or(0));
  }
  ask(search, out);
}

void LookUp::decide(const SearchPtr& search, hks::Out& out) {
  const auto& left = search->left;
  if (!search->trouble.empty()) return finish(search, Verdict::unasked, {}, out);
  // One candidate too many is somebody else's call, and nobody can tell which.
  if (!left.empty() && left.size() <= search->wanted.rivals) return finish(search, Verdict::found, left.front(), out);
  finish(search, Verdict::nobody, {}, out);
}

void LookUp::finish(const SearchPtr& search, Verdict verdict, const Leg& leg, hks::Out& out) {
  if (std::exchange(search->over, true)) return;
  Result result{verdict, leg, search->trouble, search->after_ms};
  if (verdict == Verdict::nobody)
    result.why = search->left.empty() ? "Twilio does not know the call (yet)"
                                      : "Twilio has " + std::to_string(search->left.size()) +
                                            " calls that could be it, and nothing that tells which";
  if (verdict == Verdict::found) note(leg.sid, {search->wanted.call, search->wanted.base_url});
  // What still comes in finds nobody who waits for it.
  const Done done = std::exchange(search->done, nullptr);
  done(result, out);
}

}  // namespace hookswitch::twilio
