// Calls and what was refused of them, as the API says it. Free functions over snapshots.
#pragma once

#include <string>
#include <vector>

#include "host/control/call_requests.hpp"

namespace hookswitch::api {

/// As GET /api/calls lists it: one JSON object. `detail` adds metadata, transcript and, once over, the end. Not
/// `stored`: something of it waits to be written.
std::string callJson(const call::Record& record, const std::vector<call::HookRow>* teardown, std::uint64_t now_unix_ms,
                     bool detail, bool stored = true, bool muted = false);
std::string liveJson(const std::vector<control::CallView>& calls);
std::string detailJson(const control::CallView& call);
/// The body of the 201.
std::string placedJson(const call::Terms& terms);
/// The body of an error after which there is a call to look at.
std::string failedJson(const std::string& error, const std::string& call);
/// The status of an answer that refuses.
int statusOf(const control::Refusal& refusal);

}  // namespace hookswitch::api
