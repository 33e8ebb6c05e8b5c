// The body of POST /api/call.
#pragma once

#include <string_view>
#include <vector>

#include "host/api/route_table.hpp"
#include "host/base/result.hpp"
#include "host/control/call_requests.hpp"

namespace hookswitch::api {

extern const char* const no_webhook_url;  ///< the sentence for a request that has none and needs one

/// What it asks for; else the sentence of the 400. `has_public_url`: whether a missing webhook_url has something to
/// fall back on. [any]
base::Result<control::PlaceRequest> parsePlaceRequest(std::string_view body, bool has_public_url);

/// Its fields.
std::vector<Described> placeFields();

}  // namespace hookswitch::api
