// Base64, written and read by every way that the processor has: all of them say the same, and what was written is read
// back.
#include <hookswitch/base64.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using hks::base64_detail::Way;

// Heap blocks of exactly the promised size, so that AddressSanitizer sees a byte too far.
std::string encoded(Way way, std::string_view bytes) {
  std::vector<char> room(hks::base64Size(bytes.size()));
  char* const end = hks::base64_detail::encode<hks::Base64::Plain>(room.data(), bytes, way);
  if (end != room.data() + room.size()) std::abort();
  return std::string(room.data(), end);
}

bool decoded(Way way, std::string_view text, std::string& out) {
  std::vector<char> room(hks::base64Room(text.size()));
  std::size_t size = 0;
  const bool good = hks::base64_detail::decode<hks::Base64::Plain>(room.data(), text, size, way);
  if (good && size > room.size()) std::abort();
  out.assign(room.data(), good ? size : 0);
  return good;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string text = encoded(Way::Table, input);
  std::string expected, found;
  const bool good = decoded(Way::Table, input, expected);
  for (int way = int(Way::Table); way <= int(hks::base64_detail::bestWay()); ++way) {
    if (encoded(Way(way), input) != text) std::abort();
    if (!decoded(Way(way), text, found) || found != input) std::abort();
    if (decoded(Way(way), input, found) != good || found != expected) std::abort();
  }
  return 0;
}
