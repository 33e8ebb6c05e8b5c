#include "tests/system/http.hpp"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/StreamCopier.h>
#include <Poco/String.h>
#include <Poco/URI.h>

namespace system_test {

std::string Answer::header(const std::string& name) const {
  for (auto& [n, v] : headers)
    if (Poco::icompare(n, name) == 0) return v;
  return {};
}

Answer http(const std::string& method, const std::string& url, const std::string& body,
            const std::vector<std::pair<std::string, std::string>>& headers, int timeout_ms) {
  Answer answer;
  try {
    Poco::URI uri(url);
    Poco::Net::HTTPClientSession session(uri.getHost(), uri.getPort());
    session.setTimeout(Poco::Timespan(timeout_ms / 1000, (timeout_ms % 1000) * 1000));
    Poco::Net::HTTPRequest request(method, uri.getPathAndQuery(), Poco::Net::HTTPMessage::HTTP_1_1);
    for (auto& [name, value] : headers) request.set(name, value);
    if (!body.empty() || method == "POST") {
      request.setContentLength(std::streamsize(body.size()));
      if (!request.has("Content-Type")) request.setContentType("application/json");
    }
    session.sendRequest(request) << body;
    Poco::Net::HTTPResponse response;
    std::istream& in = session.receiveResponse(response);
    Poco::StreamCopier::copyToString(in, answer.body);
    for (auto& [name, value] : response) answer.headers.emplace_back(name, value);
    answer.status = response.getStatus();
  } catch (const Poco::Exception&) {
    // status 0 says it
  }
  return answer;
}

}  // namespace system_test
