// HTTP as a user of the gateway speaks it: an independent client, one connection per request.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace system_test {

using Json = nlohmann::json;

struct Answer {
  int status = 0;  ///< 0: no answer
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  Json json() const { return Json::parse(body, nullptr, false); }
  std::string header(const std::string& name) const;
};

/// One request on a connection of its own. `url`: http://127.0.0.1:port/path
Answer http(const std::string& method, const std::string& url, const std::string& body = {},
            const std::vector<std::pair<std::string, std::string>>& headers = {}, int timeout_ms = 60000);

}  // namespace system_test
