// The HTTP request parser against arbitrary bytes: however they are cut, the outcome is the same and within the limits.
// Input: byte 0: how the stream is cut; then the stream, of several requests perhaps.
#include "host/net/http_parser.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace hookswitch::net;
using Status = HttpRequestParser::Status;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

HttpRequestParser::Limits limits() {
  HttpRequestParser::Limits out;
  out.max_target_bytes = 64;
  out.max_head_bytes = 512;
  out.max_headers = 8;
  out.max_body_bytes = 256;
  return out;
}

std::string describe(HttpRequestParser& parser) {
  const HttpRequest& request = parser.request();
  require(request.target.size() <= limits().max_target_bytes + 1 && request.body.size() <= limits().max_body_bytes);
  require(request.headers.size() <= limits().max_headers);
  require(request.target == "*" || request.target.front() == '/');
  std::string out =
      request.method + ' ' + request.target + '\n' + request.body + '\n' + (parser.keepAlive() ? "k" : "c");
  for (const auto& [name, value] : request.headers) {
    require(!name.empty() && value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    out += name + ':' + value + '\n';
  }
  return out;
}

std::vector<std::string> parse(std::string_view stream, std::size_t step) {
  HttpRequestParser parser(limits());
  std::vector<std::string> out;
  bool refused = false;
  while (!stream.empty() && !refused) {
    const std::size_t size = std::min(step, stream.size());
    parser.feed(stream.substr(0, size));
    stream.remove_prefix(size);
    for (Status status = parser.parse(); status != Status::needMore && !refused; status = parser.parse()) {
      refused = status == Status::refused;
      out.push_back(refused ? "refused" : describe(parser));  // which of two faults is seen first may differ
      if (!refused) parser.next();
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::vector<std::string> whole = parse(stream, stream.size() + 1);
  require(whole == parse(stream, 1));
  require(whole == parse(stream, std::size_t{1} + data[0]));
  return 0;
}
