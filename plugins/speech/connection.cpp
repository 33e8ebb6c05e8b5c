#include "plugins/speech/connection.hpp"

#include <hookswitch/utf8.hpp>

namespace hookswitch::speech {

bool open(Connection& connection, std::uint64_t id, const std::string& url, const hks::Headers& headers,
          std::uint32_t timeout_ms, hks::Out& out) {
  connection.state = Connection::State::Connecting;
  connection.id = id;
  hks::Http request;
  request.url = url;
  request.headers = headers;
  request.ms = timeout_ms;
  return out.connect(id, request);
}

std::string lossSentence(std::string_view model, const hks_closed& lost, bool opened) {
  std::string text(model);
  if (opened)
    text += " closed the connection (code " + std::to_string(lost.close_code) + ")";
  else if (lost.http_status >= 300 && lost.http_status < 600)
    text += " refused the connection with HTTP " + std::to_string(lost.http_status);
  else
    text += " could not be reached";
  const std::string why = hks::utf8::line(hks::text(lost.reason), 300);
  return why.empty() ? text : text + ": " + why;
}

}  // namespace hookswitch::speech
