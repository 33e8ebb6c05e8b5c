#include "plugins/twilio/children.hpp"

#include "plugins/twilio/leg.hpp"
#include "plugins/twilio/rest.hpp"

#include <utility>

namespace hookswitch::twilio {
namespace {

constexpr std::uint32_t kShare_ms = 5'000;
constexpr std::uint64_t kFirstAgain_ms = 500, kLongestAgain_ms = 30'000;
constexpr unsigned kInsist = 120;

}  // namespace

void Children::expect(std::string_view call, std::string_view parent_sid) {
  if (parents_.size() >= kRemembered && !expected(call)) parents_.erase(parents_.begin());
  std::string& known = parents_[std::string(call)];
  if (!parent_sid.empty()) known = parent_sid;
}

void Children::end(const std::string& parent_sid, std::uint32_t share_ms, Then then, hks::Out& out) {
  auto round = std::make_shared<Round>();
  round->then = std::move(then);
  const auto listed = [this, round, share_ms](const hks_http& response, hks::Out& o) {
    this->listed(round, share_ms, response, o);
  };
  if (ports_.perform(out, listChildren(ports_.config(), parent_sid, share_ms), listed)) return;
  round->why = kTooBusy;
  over(round, out);
}

void Children::listed(const std::shared_ptr<Round>& round, std::uint32_t share_ms, const hks_http& response,
                      hks::Out& out) {
  const auto page = response.status == 200 ? parseLegs(hks::text(response.body)) : std::nullopt;
  if (!page) round->why = errorSentence(response);
  ++round->open;  // this function itself
  for (const Leg& leg : page ? page->legs : std::vector<Leg>{}) {
    if (legState(leg.status).state == HKS_OVER) continue;
    round->lived = true;
    const auto judge = [this, round](const hks_http& answer, hks::Out& o) {
      const HangUpVerdict verdict = judgeHangUp(answer);
      if (verdict != HangUpVerdict::taken && verdict != HangUpVerdict::over) round->why = errorSentence(answer);
      if (--round->open == 0) over(round, o);
    };
    if (ports_.perform(out, completeCall(ports_.config(), leg.sid, share_ms), judge))
      ++round->open;
    else
      round->why = kTooBusy;
  }
  if (--round->open == 0) over(round, out);
}

void Children::over(const std::shared_ptr<Round>& round, hks::Out& out) {
  const Verdict verdict = !round->why.empty() ? Verdict::failed : round->lived ? Verdict::ended : Verdict::over;
  round->then(verdict, round->why, out);
}

void Children::endWith(std::string_view call, hks::Out& out) {
  const auto it = parents_.find(std::string(call));
  if (it == parents_.end()) return;
  const std::string parent = std::move(it->second);
  parents_.erase(it);
  if (!parent.empty()) insist(parent, 1, out);
}

void Children::insist(const std::string& parent_sid, unsigned attempt, hks::Out& out) {
  const auto then = [this, parent_sid, attempt](Verdict verdict, const std::string& why, hks::Out& o) {
    if (verdict == Verdict::over) return;
    const std::uint64_t wait_ms = backoffMs(ports_, kFirstAgain_ms, kLongestAgain_ms, attempt);
    const auto again = [this, parent_sid, attempt](hks::Out& later) { insist(parent_sid, attempt + 1, later); };
    if (attempt < kInsist && ports_.after(o, wait_ms, again)) return;
    o.log(HKS_ERROR, "a leg that was rung for " + parent_sid + " may still be up: " +
                         (why.empty() ? std::string("it does not end") : why) + "; end it in the Twilio console");
  };
  end(parent_sid, kShare_ms, then, out);
}

}  // namespace hookswitch::twilio
