// What an endpoint of [tool.NAME] is asked, and what its answer means to a model. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "host/base/result.hpp"
#include "host/control/tool_terms.hpp"
#include "host/net/http_client.hpp"

namespace hookswitch::tools {

inline constexpr std::size_t most_answered = 64 * 1024;   ///< bytes of an answer
inline constexpr std::size_t most_of_refusal = 2 * 1024;  ///< of the body of a 4xx that the model is shown

/// POST of {"call_id", "tool", "arguments", "from", "to", "direction"}. With a secret it is signed as Standard Webhooks
/// has it: `webhook-id`, `webhook-timestamp` (seconds), `webhook-signature` "v1,<base64 of the HMAC-SHA256 of
/// id.timestamp.body>"; a secret that begins with whsec_ is Base64 of the key, any other the key itself. Fails when the
/// arguments are no JSON object. [any]
base::Result<net::HttpCall> endpointRequest(const control::EndpointQuestion& question, const std::string& id,
                                            std::uint64_t unix_s);

/// 2xx: the body as it is, or {"status":"ok"} for an empty one. All else failed: a JSON string that says why; of a 4xx
/// with a short body {"status", "answer"}. [any]
control::EndpointAnswer endpointAnswer(const net::HttpResult& result);

/// What the model hears when the tool was not asked, or said nothing. [any]
control::EndpointAnswer endpointFailure(const std::string& why);

/// "v1,<base64>": what Standard Webhooks puts into `webhook-signature`. [any]
std::string webhookSignature(const std::string& key, const std::string& id, std::uint64_t unix_s,
                             const std::string& body);

/// The key of a secret; fails with a sentence when whsec_ is not followed by Base64. [any]
base::Result<std::string> signingKey(const std::string& secret);

}  // namespace hookswitch::tools
