#include "host/api/reply.hpp"

#include <utility>

#include "host/base/json.hpp"
#include "host/control/ledger.hpp"

namespace hookswitch::api {

net::HttpReply reply(int status, std::string body, const char* type) {
  net::HttpReply answer;
  answer.status = status;
  answer.body = std::move(body);
  if (type) answer.headers.emplace_back("Content-Type", type);
  return answer;
}

net::HttpReply done(const std::string& message) {
  return reply(200, json::Object().add("success", true).add("message", message).str());
}

net::HttpReply badRequest(const std::string& sentence) { return net::errorReply(400, sentence); }

net::HttpReply unreadable() { return net::errorReply(503, control::store_unreadable); }

}  // namespace hookswitch::api
