#include "host/control/recovery.hpp"

#include <unordered_map>
#include <vector>

#include "host/base/clock.hpp"
#include "host/base/log.hpp"
#include "host/control/component.hpp"
#include "host/control/driver.hpp"
#include "host/control/lines.hpp"
#include "host/control/parking.hpp"
#include "host/test_points.hpp"

namespace hookswitch::control {

using call::Call;

namespace {

constexpr std::uint64_t reread_ms = 5'000;
constexpr const char* restarted = "the gateway was restarted while the call was under way";

}  // namespace

void Recovery::run(store::Unfinished unfinished) {
  HOOKSWITCH_CUT("recovery.begin", "");
  lines_.hold();  // no hook is given before all of them stand in their lines
  std::unordered_map<std::string, std::string> keys;
  for (auto& key : unfinished.keys)
    if (!key.status) keys[key.call] = key.key;
  idempotency_.load(std::move(unfinished.keys));
  std::vector<std::string> live;
  std::size_t going_on = 0;
  for (auto& stored : unfinished.calls) {
    if (stored.record.status == call::Status::ended) {
      parking_.adopt(std::move(stored));
      ++going_on;
      continue;
    }
    const std::string id = stored.record.terms->id;
    const auto key = keys.find(id);
    adoptLive(std::move(stored), key == keys.end() ? std::string() : key->second);
    if (key != keys.end()) keys.erase(key);
    live.push_back(id);
  }
  // The earlier run has died between the end of a call and the answer to its request.
  for (auto& [call, key] : keys) finishKey(call, key);
  if (!live.empty() || going_on)
    log::notice(component::recovery,
                std::to_string(live.size()) +
                    " calls of an earlier run are settled with their carriers and ended; background work of " +
                    std::to_string(going_on) + " others goes on");
  recovered_ += live.size();
  for (auto& id : live)
    driver_.with(id, [this](Call& call) { return call.life.recover(restarted, std::nullopt, driver_.now()); });
  lines_.letGo();
}

void Recovery::adoptLive(store::StoredCall stored, const std::string& key) {
  auto rows = rowsOf(stored, control_.nowMs(), control_.unixMs());
  if (stored.record.boot != base::bootId() || stored.record.boot.empty())
    stored.record.started_ms = 0;  // that clock has begun anew
  const auto leg = stored.record.remote_id.empty() ? call::Leg::none : call::Leg::named;
  Call& call = table_.add(std::move(stored.record), leg, setting_);
  call.life.restore(std::move(rows), stored.leg_over, stored.witness);
  call.media_attached = true;  // no token of an earlier run opens anything
  call.key = key;
}

void Recovery::finishKey(const std::string& call, const std::string& key) {
  ledger_.store().find(call, [this, call, key](store::Answer<std::optional<store::StoredCall>> stored) {
    // Until the call can be read nobody knows the answer; a request with this key hears that it is still to come.
    if (!stored.readable) {
      control_.after(reread_ms, [this, call, key] { finishKey(call, key); });
      return;
    }
    const bool taken = stored.value && !stored.value->record.remote_id.empty();
    idempotency_.finishLate(key, call, taken ? stored.value->record.terms.get() : nullptr);
  });
}

}  // namespace hookswitch::control
