#include "host/control/leg_acts.hpp"

#include <hookswitch/draft.h>

#include <utility>

#include "host/base/log.hpp"
#include "host/control/acts.hpp"
#include "host/control/admission.hpp"
#include "host/control/component.hpp"
#include "host/control/driver.hpp"
#include "host/control/ledger.hpp"
#include "host/control/plugins.hpp"
#include "host/control/streams.hpp"

namespace hookswitch::control {

using call::Call;
using call::What;
using ActState = ActAnswer::State;

namespace {

constexpr std::uint32_t key_ms = 500;  // a carrier takes less for a key, and as much for a w

std::string notBack(std::uint32_t ms, const char* after) {
  return "the media stream did not come back within " + std::to_string(ms / 1000) + " s after " + after;
}

/// What the agent says to a far end that comes back: it has heard nothing of why.
const char* wordsFor(call::TransferState state) {
  switch (state) {
    case call::TransferState::busy: return "The line is busy.";
    case call::TransferState::no_answer: return "Nobody answered there.";
    case call::TransferState::declined: return "The call was declined there.";
    default: return "That number could not be reached.";
  }
}

}  // namespace

LegActs::Act LegActs::keysOf(const std::string& digits, Done done, Over over) {
  Act act;
  act.gift.digits = digits;
  act.done = std::move(done);
  act.over = std::move(over);
  return act;
}

LegActs::Act LegActs::transferTo(const std::string& to, const std::string& announce, std::uint32_t timeout_s, Done done,
                                 Over over) {
  Act act;
  act.gift.to = to;
  act.gift.announce = announce;
  act.gift.timeout_s = timeout_s;
  act.done = std::move(done);
  act.over = std::move(over);
  return act;
}

/// Whoever waits for the carrier hears it; of a failure, also whoever waits for the end.
void LegActs::tell(Act& act, const Accepted& accepted) {
  if (const Done done = std::exchange(act.done, {})) done(accepted);
  if (accepted) return;
  if (const Over over = std::exchange(act.over, {})) over(accepted, call::TransferState::failed);
}

void LegActs::add(const std::string& id, Act act) {
  auto call = talking(table_, id, act.word());
  if (!call) return tell(act, base::Failure(call.error()));
  const std::string carrier = (*call)->record.terms->carrier;
  if (act.isTransfer() && !plugins_.listens(carrier, HKS_DRAFT_TRANSFER))
    return tell(act, refused(Why::carrier, "The carrier " + carrier + " cannot transfer calls"));
  if (const auto it = acting_.find(id); it != acting_.end()) {
    const auto& acts = it->second.acts;
    if (acts.front().isTransfer())
      return tell(act, refused(Why::conflict, notNow("being transferred to " + acts.front().gift.to, act.word())));
    if (acts.size() > most_waiting || act.isTransfer())
      return tell(act, refused(Why::conflict, notNow("in-progress, and keys wait to be sent", act.word())));
  }
  // A transfer dials like any other request, and counts like it.
  if (act.isTransfer())
    if (const auto allowed = admission_.take(act.gift.to); !allowed) return tell(act, allowed);
  auto& acts = acting_[id].acts;
  acts.push_back(std::move(act));
  if (acts.size() == 1) begin(id);
}

void LegActs::begin(const std::string& id) {
  streams_.interlude(id, [](media::Interlude& interlude) { interlude.begin(); });
}

void LegActs::quiet(const std::string& id) {
  const auto it = acting_.find(id);
  Call* call = table_.find(id);
  if (it == acting_.end() || !call || call->life.ending()) return;
  const std::string carrier = call->record.terms->carrier;
  // A carrier that presses no keys itself has them in the sound of the call.
  if (!plugins_.listens(carrier, HKS_DRAFT_KEYS) && !it->second.acts.front().isTransfer())
    return verdict(id, {0, ActState::inband, {}});
  Acting& acting = it->second;
  acting.message_id = ids_.next();
  acting.timer = control_.after(answer_ms, [this, id] {
    verdict(id, {0, ActState::unsure, "The carrier's plugin did not answer"});
  });
  table_.renewToken(*call);
  if (!acting.acts.front().isTransfer()) return ask(id);
  // Written down before anybody rings: a gateway that dies meanwhile knows at its next start that there may be a leg.
  call->life.transferIs({acting.acts.front().gift.to, call::TransferState::ringing});
  driver_.note(*call, What::transfer, "ringing");
  ledger_.write(*call, [this, id] { ask(id); });
}

void LegActs::ask(const std::string& id) {
  const auto it = acting_.find(id);
  const Call* call = table_.find(id);
  if (it == acting_.end() || !call || call->life.ending()) return;
  Session* session = plugins_.session(call->record.terms->carrier);
  if (!session) return verdict(id, {0, ActState::refused, "The carrier's plugin is not active"});
  ActGift gift = it->second.acts.front().gift;
  gift.id = it->second.message_id;
  sendAct(*session, call->record, gift);
}

void LegActs::answered(Session& session, const ActAnswer& answer) {
  for (auto& [id, acting] : acting_) {
    if (!acting.message_id || acting.message_id != answer.id) continue;
    const Call* call = table_.find(id);
    if (!call || call->record.terms->carrier != session.id()) return;
    // What else the same step says of the leg comes first.
    return control_.post([this, id = id, answer] { verdict(id, answer); });
  }
}

std::uint32_t LegActs::backMs(const Act& act) const {
  return std::uint32_t(act.gift.digits.size()) * key_ms + defaults_.connect_timeout_s * 1000;
}

void LegActs::verdict(const std::string& id, const ActAnswer& answer) {
  const auto it = acting_.find(id);
  Call* call = table_.find(id);
  if (it == acting_.end() || !call || (answer.id && answer.id != it->second.message_id)) return;
  control_.cancel(it->second.timer);
  it->second.timer = it->second.message_id = 0;
  Act& act = it->second.acts.front();
  const bool is_transfer = act.isTransfer();
  // The far end of a transfer comes back when nobody answers there, which the carrier says, or has said before this.
  const std::uint32_t back_ms = is_transfer && call->record.transfer.rings() ? 0 : backMs(act);
  const bool agent_left = is_transfer && call->record.transfer.completed();
  const std::string why = notBack(backMs(act), is_transfer ? "a transfer" : "keys were sent"), word = act.word();
  // Without an act no stream comes for the new token.
  if (answer.state != ActState::taken && answer.state != ActState::unsure) call->media_attached = true;
  if (is_transfer && !agent_left && answer.state != ActState::taken && answer.state != ActState::unsure)
    transferIs(*call, answer.state == ActState::left ? call::TransferState::caller_left : call::TransferState::failed);
  switch (answer.state) {
    case ActState::taken:
      if (!is_transfer) driver_.note(*call, What::keys_sent);
      if (!agent_left) streams_.interlude(id, [back_ms, why](media::Interlude& i) { i.taken(back_ms, why); });
      return tell(act, {});
    case ActState::inband:
      driver_.note(*call, What::keys_sent);
      streams_.interlude(id, [digits = act.gift.digits](media::Interlude& i) { i.keys(digits); });
      return tell(act, {});
    case ActState::unsure:
      log::warn(component::calls, "whether the carrier has done it is not known: " + answer.reason, id);
      if (!agent_left) streams_.interlude(id, [back_ms, why](media::Interlude& i) { i.unsure(back_ms, why); });
      return tell(act, refused(Why::carrier, answer.reason));
    case ActState::left:
    case ActState::refused:
      streams_.interlude(id, [](media::Interlude& i) { i.refused(); });
      if (answer.state == ActState::refused) return tell(act, refused(Why::carrier, answer.reason));
      return tell(act, refused(Why::conflict, notNow("over, since the far end has hung up", word.c_str())));
  }
}

void LegActs::transferIs(Call& call, call::TransferState state) {
  if (call.record.transfer.to.empty() || call.record.transfer.state == state) return;
  log::notice(component::calls, "the transfer to " + call.record.transfer.to + ": " + name(state), call.id());
  driver_.note(call, What::transfer, name(state));
  call.life.transferIs({call.record.transfer.to, state});
  driver_.run(call, {});
}

void LegActs::transferred(Session& session, const TransferNews& news) {
  Call* call = table_.find(news.call);
  if (!call || !news.state || call->record.terms->carrier != session.id()) return;
  const bool rang = call->record.transfer.rings();
  // Of the two that talked it is no news how they stopped; an end has said what became of a transfer under way.
  if (call->record.transfer.completed() || call->life.ending()) return;
  transferIs(*call, *news.state);
  if (!rang || !acting_.count(call->id())) return;
  if (*news.state == call::TransferState::caller_left) return;  // the carrier says that the leg is over
  if (*news.state == call::TransferState::completed)
    return streams_.interlude(call->id(), [](media::Interlude& i) { i.leave(); });
  const std::uint32_t back_ms = defaults_.connect_timeout_s * 1000;
  streams_.interlude(call->id(), [back_ms, why = notBack(back_ms, "a transfer that nobody answered")](
                                     media::Interlude& i) { i.taken(back_ms, why); });
  // An agent that has asked for it hears it as the result of that, and says it itself.
  if (!acting_[call->id()].acts.front().over) streams_.say(*call, wordsFor(*news.state));
}

void LegActs::back(const std::string& id) {
  const auto it = acting_.find(id);
  if (it == acting_.end()) return;
  // A stream that has come back is as good as the answer that is still on its way.
  Act& act = it->second.acts.front();
  if (it->second.message_id) {
    control_.cancel(it->second.timer);
    it->second.timer = it->second.message_id = 0;
  }
  tell(act, {});
  // The carrier was never seen to do anything, after an act that it did not answer.
  if (Call* call = table_.find(id); call && act.isTransfer() && call->record.transfer.rings())
    transferIs(*call, call::TransferState::failed);
  if (const Over over = std::exchange(act.over, {})) {
    const Call* call = table_.find(id);
    over({}, call && act.isTransfer() ? call->record.transfer.state : call::TransferState::completed);
  }
  it->second.acts.pop_front();
  if (it->second.acts.empty())
    acting_.erase(it);
  else
    begin(id);
}

void LegActs::drop(const std::string& id) {
  const auto it = acting_.find(id);
  if (it == acting_.end()) return;
  control_.cancel(it->second.timer);
  std::deque<Act> acts = std::move(it->second.acts);
  acting_.erase(it);
  for (auto& act : acts) tell(act, refused(Why::conflict, notNow("ending", act.word())));
}

}  // namespace hookswitch::control
