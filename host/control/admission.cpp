#include "host/control/admission.hpp"

#include <algorithm>

#include "host/control/media_health.hpp"
#include "host/control/plugins.hpp"

namespace hookswitch::control {

void Admission::configure() { guard_.configure(defaults_.dial, control_.nowMs()); }

Accepted Admission::admit(const std::string& carrier, const std::string& voice) const {
  if (closed_) return refused(Why::unavailable, "The gateway is draining and takes no new calls");
  const std::string limit = "The limit of " + std::to_string(defaults_.max_concurrent) +
                            " concurrent calls (calls.max_concurrent) is reached";
  const std::size_t live = table_.live().size();
  if (live >= defaults_.max_concurrent) return refused(Why::too_many, limit);
  // Calls that have left the list though their leg may still run, and cost money.
  const auto legs = std::size_t(std::count_if(table_.ended().begin(), table_.ended().end(),
                                              [](const auto* c) { return c->life.unconfirmedSince() != 0; }));
  if (live + legs >= defaults_.max_concurrent)
    return refused(Why::too_many,
                   limit + ": " + std::to_string(legs) + (legs == 1 ? " leg is" : " legs are") + " not confirmed over");
  if (const auto source = plugins_.source(carrier, HKS_ROLE_CARRIER); !source)
    return refused(Why::unavailable, "No carrier: " + source.error());
  if (const auto source = plugins_.source(voice, HKS_ROLE_VOICE); !source)
    return refused(Why::unavailable, "No voice: " + source.error());
  return {};
}

Accepted Admission::admitDial(const std::string& carrier, const std::string& voice) {
  auto admitted = admit(carrier, voice);
  refused_[0] += !admitted && admitted.error().why == Why::too_many;
  return admitted ? media_.admit(call::Direction::outbound, table_.live().size()) : admitted;
}

Accepted Admission::admitOffer(const std::string& carrier, const std::string& voice) {
  const auto admitted = admit(carrier, voice);
  return admitted ? media_.admit(call::Direction::incoming, table_.live().size()) : admitted;
}

Accepted Admission::take(const std::string& number) {
  const auto no = guard_.take(number, control_.nowMs());
  if (no.rule == DialGuard::Rule::none) return {};
  ++refused_[std::size_t(no.rule)];
  if (no.rule == DialGuard::Rule::allow_to)
    return refused(Why::not_allowed, "calls.allow_to does not allow calls to " + number);
  const std::uint64_t wait_s = (no.wait_ms + 999) / 1000;
  const std::string until = " is reached; this call is possible in " + std::to_string(wait_s) + " s";
  const std::string limit = no.rule == DialGuard::Rule::per_minute
                                ? std::to_string(defaults_.dial.per_minute) + " calls a minute (calls.per_minute)"
                                : std::to_string(defaults_.dial.per_number_per_hour) +
                                      " calls an hour to one number (calls.per_number_per_hour)";
  return base::Failure(Refusal{Why::too_many, "The limit of " + limit + until, wait_s});
}

void Admission::count(CallCounts& into) const {
  into.rejected_number = rejected_;
  into.refused_concurrent = refused_[0];
  into.refused_allow_to = refused_[std::size_t(DialGuard::Rule::allow_to)];
  into.refused_per_minute = refused_[std::size_t(DialGuard::Rule::per_minute)];
  into.refused_per_number = refused_[std::size_t(DialGuard::Rule::per_number)];
}

}  // namespace hookswitch::control
