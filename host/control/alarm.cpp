#include "host/control/alarm.hpp"

#include <string>

#include "host/base/log.hpp"
#include "host/control/component.hpp"

namespace hookswitch::control {

using call::Call;
using call::Phase;

namespace {

constexpr std::uint64_t after_ms = 5'000, again_ms = 60'000;

/// What was last heard of the leg; empty: nothing.
std::string why(const Call& call) {
  std::string error;
  for (auto& row : call.life.teardown().rows())
    if ((row.phase == Phase::hangup || row.phase == Phase::confirm || row.phase == Phase::settle) && !row.error.empty())
      error = row.error;
  return error.empty() ? error : ": " + error;
}

}  // namespace

void Alarm::look(std::uint64_t now_ms) {
  std::size_t legs = 0;
  const Call* oldest = nullptr;
  auto look = [&](const Call* call) {
    const std::uint64_t since = call->life.unconfirmedSince();
    if (!since || now_ms - since < after_ms) return;
    ++legs;
    if (!oldest || since < oldest->life.unconfirmedSince()) oldest = call;
  };
  for (auto* call : table_.live()) look(call);
  for (auto* call : table_.ended()) look(call);
  if (!legs) {
    if (said_ms_) log::notice(component::calls, "every leg is confirmed over");
    said_ms_ = 0;
    return;
  }
  if (said_ms_ && now_ms - said_ms_ < again_ms) return;
  said_ms_ = now_ms;
  log::error(component::calls,
             "ALARM: " + std::to_string(legs) + (legs == 1 ? " leg is" : " legs are") +
                 " not confirmed over and may cost money; the oldest, " +
                 (oldest->record.remote_id.empty() ? "unnamed" : oldest->record.remote_id) + ", since " +
                 std::to_string((now_ms - oldest->life.unconfirmedSince()) / 1000) + " s" + why(*oldest),
             oldest->id());
}

}  // namespace hookswitch::control
