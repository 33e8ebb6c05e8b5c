// After a restart: what an earlier run left is settled with the carriers, and legs that nobody knows are ended.
#include <algorithm>

#include "host/base/ids.hpp"
#include "host/base/log.hpp"
#include "host/control/calls.hpp"
#include "host/plugin/start_record.hpp"
#include "host/plugin/wire.hpp"
#include "host/test_points.hpp"

namespace hookswitch::control {

using call::Call;
using call::EndedBy;
using call::Outcome;
using call::Phase;
using call::Status;
using plugin::str;
using plugin::view;

namespace {

constexpr const char* component = "recovery";
constexpr std::uint64_t question_ms = 8'000, reread_ms = 5'000;
constexpr std::uint64_t sweep_idle_ms = 5'000, sweep_answer_ms = 120'000, sweep_again_ms = 30'000,
                        sweep_longest_ms = 300'000, sweep_give_up_ms = 3'600'000;
constexpr const char* restarted = "the gateway was restarted while the call was under way";

std::vector<call::StoredRow> rowsOf(const store::StoredCall& stored) {
  std::vector<call::StoredRow> rows;
  const std::uint64_t now = Thread::nowMs(), unix_ms = Thread::unixMs();
  for (auto& hook : stored.hooks) rows.push_back(fromStored(hook, now, unix_ms));
  // The table of a teardown reads in the order of the phases.
  auto rank = [](const call::StoredRow& r) { return r.row.phase == Phase::settle ? 0 : int(r.row.phase); };
  std::stable_sort(rows.begin(), rows.end(), [&](auto& a, auto& b) { return rank(a) < rank(b); });
  return rows;
}

}  // namespace

void Calls::recover(store::Unfinished unfinished) {
  HOOKSWITCH_CUT("recovery.begin", "");
  recovering_ = true;  // whose turn it is shows when everybody stands in line
  std::unordered_map<std::string, std::string> keys;
  for (auto& key : unfinished.keys)
    if (!key.status) keys[key.call] = key.key;
  idempotency_.load(std::move(unfinished.keys));
  std::vector<std::string> live;
  std::size_t going_on = 0;
  for (auto& stored : unfinished.calls) {
    const std::string id = stored.record.terms->id;
    if (stored.record.status == Status::ended) {
      adoptEnded(std::move(stored));
      ++going_on;
      continue;
    }
    const auto rows = rowsOf(stored);
    if (stored.record.boot != Thread::boot() || stored.record.boot.empty())
      stored.record.started_ms = 0;  // that clock has begun anew
    Call& call = table_.add(std::move(stored.record));
    equip(call);
    call.leg_over = stored.leg_over;
    call.witness = stored.witness;
    call.media_attached = true;  // no token of an earlier run opens anything
    call.teardown->restore(rows);
    // What is on disk is what was read, but for this call's terms.
    if (auto key = keys.find(id); key != keys.end()) {
      call.key = key->second;
      keys.erase(key);
    }
    live.push_back(id);
  }
  // A key whose call is over had its answer lost between the two.
  for (auto& [call, key] : keys) finishKey(call, key);
  if (!live.empty() || going_on)
    log::notice(component,
                std::to_string(live.size()) +
                    " calls of an earlier run are settled with their carriers and ended; background work of " +
                    std::to_string(going_on) + " others goes on");
  recovered_ += live.size();
  for (auto& id : live)
    if (Call* call = table_.find(id)) begin(*call, EndedBy::recovery, restarted, std::nullopt, true);
  recovering_ = false;
  pumpSoon();
  HOOKSWITCH_CUT("recovery.before_sweep", "");
  alarm();
  sweep();
}

void Calls::finishKey(const std::string& call, const std::string& key) {
  ledger_.store().find(call, [this, call, key](store::Answer<std::optional<store::StoredCall>> stored) {
    // Until it can be read nobody knows what the answer was, and who asks hears that it is still to come.
    if (!stored.readable) {
      control_.after(reread_ms, [this, call, key] { finishKey(call, key); });
      return;
    }
    const bool taken = stored.value && !stored.value->record.remote_id.empty();
    idempotency_.finish(
        key, taken ? 201 : 502,
        taken ? placedJson(*stored.value->record.terms)
              : failedJson("The gateway was restarted before the carrier took the call; it was ended", call),
        {});
  });
}

Call& Calls::adoptEnded(store::StoredCall stored) {
  parked_.erase(stored.record.terms->id);
  const auto rows = rowsOf(stored);
  const bool over = stored.leg_over;
  const call::LegWitness witness = stored.witness;
  Call& call = table_.adoptEnded(std::move(stored.record));
  equip(call);
  call.leg_over = over;
  call.witness = witness;
  call.media_attached = true;
  call.teardown->restore(rows);
  call::Situation situation;
  situation.carrier = call.record.terms->carrier;
  situation.leg_named = !call.record.remote_id.empty();
  situation.leg_over = over;
  run(call, call.teardown->resume(plugins_.hooks(call.record.terms->carrier), situation, Thread::nowMs()));
  return call;
}

void Calls::sweep() {
  for (auto& carrier : plugins_.carriers()) sweep(carrier);
}

void Calls::sweep(const std::string& carrier) {
  Sweep& sweep = sweeps_[carrier];
  Session* session = plugins_.session(carrier);
  if (session && plugins_.heldMs(carrier, "CALL_SWEEP")) session = nullptr;
  if (!session) {  // whenever it is switched on, or well again
    sweep.timer = control_.after(sweep_idle_ms, [this, carrier] { this->sweep(carrier); });
    return;
  }
  const auto hooks = plugins_.hooks();
  if (std::none_of(hooks.begin(), hooks.end(),
                   [&](auto& h) { return h.phase == Phase::settle && h.plugin == carrier; })) {
    sweeps_.erase(carrier);  // a carrier of ABI 1.0
    return;
  }
  sweep.message = next_message_++;
  if (!sweep.first_ms) sweep.first_ms = Thread::nowMs();
  sweep.timer =
      control_.after(sweep_answer_ms, [this, carrier] { sweepAgain(carrier, "the plugin has not finished in time"); });
  const hks_msg m{sizeof m, HKS_CALL_SWEEP, sweep.message};
  session->step(m);
  plugins_.worked(carrier, "CALL_SWEEP");
}

void Calls::swept(Session& session, const hks_swept& message) {
  HOOKSWITCH_CUT("recovery.swept", "");
  const auto it = sweeps_.find(session.id());
  if (it == sweeps_.end() || it->second.message != message.msg.id) return;
  control_.cancel(it->second.timer);
  if (message.reason.size) return sweepAgain(session.id(), std::string(view(message.reason)));
  if (it->second.attempts) log::notice(component, session.id() + ": every leg was listed");
  sweeps_.erase(it);
}

/// The carrier could not be asked for all of its legs; one that nobody knows costs money until it is found.
void Calls::sweepAgain(const std::string& carrier, const std::string& why) {
  Sweep& sweep = sweeps_[carrier];
  sweep.message = 0;
  if (sweep.said != why)
    log::warn(component, carrier + ": could not list every leg, which is tried again for an hour: " + why);
  sweep.said = why;
  if (Thread::nowMs() - sweep.first_ms > sweep_give_up_ms) {
    log::error(
        component,
        carrier +
            ": legs that the gateway does not know were not looked for to the end, the next start tries again: " + why);
    sweeps_.erase(carrier);
    return;
  }
  const std::uint64_t wait = std::min(sweep_again_ms << std::min(sweep.attempts++, 4u), sweep_longest_ms);
  sweep.timer = control_.after(wait, [this, carrier] { this->sweep(carrier); });
}

void Calls::found(Session& session, const hks_call& leg) {
  const std::string id(view(leg.call)), remote_id(view(leg.remote_id));
  if (!base::isId(id) || remote_id.empty()) return;
  if (Call* call = table_.find(id)) {
    if (!call->record.remote_id.empty() || call->record.terms->carrier != session.id()) return;
    return legNamed(*call, remote_id);
  }
  if (table_.findRemote(session.id(), remote_id)) return;
  orphan(session.id(), id, remote_id, std::string(view(leg.base_url)), std::string(view(leg.to_number)),
         std::string(view(leg.from_number)),
         leg.direction == HKS_INCOMING ? call::Direction::incoming : call::Direction::outbound);
}

void Calls::orphan(const std::string& carrier, const std::string& id, const std::string& remote_id,
                   const std::string& base_url, const std::string& to, const std::string& from,
                   call::Direction direction) {
  if (!orphans_.insert(id).second) return;
  auto adopt = [=] {
    orphans_.erase(id);
    if (table_.find(id)) return;
    log::warn(component,
              "the carrier " + carrier + " has the leg " + remote_id +
                  " with our mark, and no call belongs to it: it is ended",
              id);
    call::Terms terms;
    terms.id = id;
    terms.carrier = carrier;
    terms.to_number = to;
    terms.from_number = from;
    terms.base_url = base_url;
    terms.direction = direction;
    call::Record record;
    record.terms = std::make_shared<const call::Terms>(std::move(terms));
    record.remote_id = remote_id;
    record.status = Status::ringing;
    record.started_unix_ms = Thread::unixMs();
    record.started_ms = Thread::allMs();
    record.boot = Thread::boot();
    Call& call = table_.add(std::move(record));
    equip(call);
    call.media_attached = true;
    ++recovered_;
    begin(call, EndedBy::recovery, "the carrier had a leg that the gateway did not know", Outcome::failed, true);
  };
  // Not known is one thing, not readable another: that leg is judged when the carrier names it again.
  auto unjudged = [=] {
    orphans_.erase(id);
    log::error(component,
               "the carrier " + carrier + " has the leg " + remote_id +
                   " with our mark, and the store could not be read to see whether it is ours: it is left alone",
               id);
  };
  // The call may have been removed, and its leg be known as one that is over.
  auto strange = [=] {
    ledger_.store().knowsLeg(carrier, remote_id, [=](store::Answer<bool> known) {
      if (!known.readable) return unjudged();
      if (!known.value) return adopt();
      orphans_.erase(id);
      log::debug(component, "the leg " + remote_id + " was ours, and its call is over and removed", id);
    });
  };
  ledger_.store().find(id, [=](store::Answer<std::optional<store::StoredCall>> answer) {
    if (table_.find(id)) {
      orphans_.erase(id);
      return;
    }
    if (!answer.readable) return unjudged();
    if (auto& stored = answer.value) {
      orphans_.erase(id);
      if (stored->leg_over || stored->record.status != Status::ended) return;  // the carrier's list may be a moment old
      Call& call = adoptEnded(std::move(*stored));
      return legNamed(call, call.record.remote_id.empty() ? remote_id : call.record.remote_id);
    }
    // Another gateway may use the same account: only what would call back to us is ours. A webhook has proved that.
    if (base_url.empty() || withoutSlash(base_url) == withoutSlash(defaults_.public_url)) return strange();
    ledger_.store().knowsBase(withoutSlash(base_url), [=](store::Answer<bool> ours) {
      if (!ours.readable) return unjudged();
      if (ours.value) return strange();
      orphans_.erase(id);
      log::debug(component, "the leg " + remote_id + " calls back to " + base_url + ", which is another gateway's", id);
    });
  });
}

void Calls::ask(Call& call, std::function<void(Call&)> still_open) {
  const std::string id = call.id();
  auto over = [this, id, still_open] {
    Call* c = table_.find(id);
    if (c && !c->teardown->begun()) still_open(*c);
  };
  const auto hooks = plugins_.hooks();
  const std::string carrier = call.record.terms->carrier;
  const bool answers =
      std::any_of(hooks.begin(), hooks.end(), [&](auto& h) { return h.phase == Phase::settle && h.plugin == carrier; });
  Session* session = plugins_.session(carrier);
  if (!answers || !session || plugins_.heldMs(carrier, hookScope(Phase::settle)) || call.record.remote_id.empty())
    return over();
  const std::uint64_t message_id = next_message_++;
  auto answer = [this, message_id, over] {
    auto it = questions_.find(message_id);
    if (it == questions_.end()) return;
    control_.cancel(it->second.timer);
    questions_.erase(it);
    over();
  };
  questions_[message_id] = {answer, control_.after(question_ms, answer)};
  const call::Record& r = call.record;
  const auto terms = r.terms;
  const hks_call about = plugin::callRecord(*terms, r.remote_id);
  hks_record record{};
  record.size = sizeof record;
  record.line_size = sizeof(hks_line);
  record.call = &about;
  record.started_unix_ms = r.started_unix_ms;
  record.answered_unix_ms = r.answered_unix_ms;
  const std::string event_id = hookId(id, Phase::settle, carrier);
  hks_phase phase{};
  phase.msg = {sizeof phase, HKS_CALL_PHASE, message_id};
  phase.phase = HKS_PHASE_SETTLE;
  phase.deadline_ms = std::uint32_t(question_ms);
  phase.attempt = 1;
  phase.event_id = str(event_id);
  phase.record = &record;
  phase.unix_ms = Thread::unixMs();
  session->step(phase.msg);
}

}  // namespace hookswitch::control
