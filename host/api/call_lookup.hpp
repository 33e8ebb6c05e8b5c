// One call by its id, wherever it is kept.
#pragma once

#include <functional>
#include <string>

#include "host/api/context.hpp"
#include "host/net/http_server.hpp"
#include "host/store/types.hpp"

namespace hookswitch::api {

/// 404
net::HttpReply noCall();

/// Gives the call to `in_memory` at once, or to `stored` when the store has found it. One that neither knows is
/// answered here with 404, and 503 when the store cannot be read. [control]
void findCall(Context& context, const std::string& id, const net::HttpResponder& respond,
              const std::function<void(const control::CallView&)>& in_memory,
              const std::function<void(store::StoredCall)>& stored);

}  // namespace hookswitch::api
