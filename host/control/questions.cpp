#include "host/control/questions.hpp"

#include "host/control/call_messages.hpp"
#include "host/control/call_requests.hpp"
#include "host/control/plugins.hpp"

namespace hookswitch::control {

using call::Call;
using call::Phase;

namespace {
constexpr std::uint32_t question_ms = 8'000;
}  // namespace

void Questions::ask(Call& call) {
  const std::string id = call.id(), carrier = call.record.terms->carrier;
  Session* session = plugins_.session(carrier);
  if (!session || !plugins_.takesPart(carrier, Phase::settle) ||
      plugins_.suspects().held(carrier, hookScope(Phase::settle)) || call.record.remote_id.empty())
    return driver_.with(id, [this](Call& c) { return c.life.asked(driver_.now()); });
  const std::uint64_t message_id = ids_.next();
  questions_[message_id] = {id, control_.after(question_ms, [this, message_id] { over(message_id); })};
  HookGift gift;
  gift.id = message_id;
  gift.phase = Phase::settle;
  gift.deadline_ms = question_ms;
  gift.event_id = hookId(id, Phase::settle, carrier);
  gift.unix_ms = control_.unixMs();
  gift.call_unix_ms = call.life.clockMs(driver_.now());
  sendPhase(*session, call.record, gift);
}

bool Questions::answered(std::uint64_t message_id) {
  if (!questions_.count(message_id)) return false;
  control_.post([this, message_id] { over(message_id); });  // what the same step said of the leg comes first
  return true;
}

void Questions::over(std::uint64_t message_id) {
  const auto it = questions_.find(message_id);
  if (it == questions_.end()) return;
  const std::string id = it->second.call;
  control_.cancel(it->second.timer);
  questions_.erase(it);
  driver_.with(id, [this](Call& call) { return call.life.asked(driver_.now()); });
}

}  // namespace hookswitch::control
