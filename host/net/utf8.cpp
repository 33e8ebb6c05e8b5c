#include "host/net/utf8.hpp"

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace hookswitch::net {

bool isUtf8(std::string_view text) {
  std::uint64_t seen = 0;
#ifdef __GNUC__
  using Wide = std::uint64_t __attribute__((vector_size(16)));
  constexpr std::size_t width = sizeof(Wide);
  const auto at = [&text](std::size_t i) {
    Wide word;
    std::memcpy(&word, text.data() + i, width);
    return word;
  };
  if (text.size() >= width) {
    Wide many = at(text.size() - width);  // what the last step does not reach
    std::size_t i = 0;
    for (; i + 4 * width <= text.size(); i += 4 * width)
      many |= (at(i) | at(i + width)) | (at(i + 2 * width) | at(i + 3 * width));
    for (; i + width <= text.size(); i += width) many |= at(i);
    seen = many[0] | many[1];
  } else
#endif
    for (const char c : text) seen |= static_cast<unsigned char>(c);
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  return (seen & high_bits) == 0 || simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace hookswitch::net
