// Answers that many routes give. [any]
#pragma once

#include <string>

#include "host/net/http_types.hpp"

namespace hookswitch::api {

/// JSON unless `type` says otherwise.
net::HttpReply reply(int status, std::string body, const char* type = nullptr);
/// {"success":true,"message":...}
net::HttpReply done(const std::string& message);
/// 400: what is wrong with the request.
net::HttpReply badRequest(const std::string& sentence);
/// 503: nobody knows whether it is there.
net::HttpReply unreadable();

}  // namespace hookswitch::api
