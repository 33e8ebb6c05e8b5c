#include "host/api/call_lookup.hpp"

#include <optional>
#include <utility>

#include "host/api/reply.hpp"
#include "host/base/ids.hpp"

namespace hookswitch::api {

net::HttpReply noCall() { return net::errorReply(404, "Call not found"); }

void findCall(Context& context, const std::string& id, const net::HttpResponder& respond,
              const std::function<void(const control::CallView&)>& in_memory,
              const std::function<void(store::StoredCall)>& stored) {
  if (const auto call = context.calls.view(id)) return in_memory(*call);
  if (!base::isId(id)) return respond(noCall());
  context.calls.ledger().store().find(id, [respond, stored](store::Answer<std::optional<store::StoredCall>> found) {
    if (!found.readable) return respond(unreadable());
    if (!found.value) return respond(noCall());
    stored(*std::move(found.value));
  });
}

}  // namespace hookswitch::api
