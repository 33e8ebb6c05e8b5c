#include "host/control/ending.hpp"

#include <memory>
#include <utility>

#include "host/base/log.hpp"
#include "host/control/component.hpp"
#include "host/control/driver.hpp"
#include "host/control/idempotency.hpp"

namespace hookswitch::control {

using call::Call;
using call::EndedBy;

bool Ending::end(const std::string& id, EndedBy by, const std::string& reason, call::EndWaiter waiter) {
  Call* call = table_.find(id);
  if (!call || call->record.status == call::Status::ended) return false;
  if (waiter) call->waiters.push_back(std::move(waiter));
  driver_.run(*call, call->life.end(by, reason, std::nullopt, driver_.now()));
  return true;
}

void Ending::endAll(EndedBy by, const std::string& reason, std::function<void(std::size_t, std::vector<Failed>)> done) {
  struct Gather {
    std::size_t open = 1, ended = 0;
    std::vector<Failed> failed;
    std::function<void(std::size_t, std::vector<Failed>)> done;
  };
  auto gather = std::make_shared<Gather>();
  gather->done = std::move(done);
  auto finish = [gather] {
    if (--gather->open == 0 && gather->done) gather->done(gather->ended, std::move(gather->failed));
  };
  std::vector<std::string> ids;
  for (auto* call : table_.live()) ids.push_back(call->id());
  for (auto& id : ids) {
    ++gather->open;
    const bool known = end(id, by, reason, [gather, id, finish](const base::Result<void>& hung_up) {
      if (hung_up)
        ++gather->ended;
      else
        gather->failed.push_back({id, hung_up.error()});
      finish();
    });
    if (!known) finish();
  }
  finish();
}

void Ending::leave(Call& call, const base::Result<void>& hung_up) {
  using State = call::HookRow::State;
  call.life.leave();
  for (auto& row : call.life.teardown().rows())
    if (row.state == State::timed_out || row.state == State::fault)
      log::warn(component::calls, std::string("hook ") + call::name(row.phase) + " of " + row.plugin + ": " + row.error,
                call.id());
  auto waiters = std::move(call.waiters);
  call.waiters.clear();
  ++ended_;
  // Its request was cut by a restart; whoever repeats it hears what became of it.
  if (const std::string key = std::move(call.key); !key.empty())
    idempotency_.finishLate(key, call.id(), call.record.remote_id.empty() ? nullptr : call.record.terms.get());
  table_.leave(call);  // may forget older calls
  for (auto& waiter : waiters) waiter(hung_up);
}

}  // namespace hookswitch::control
