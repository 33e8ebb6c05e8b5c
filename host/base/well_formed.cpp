#include "host/base/well_formed.hpp"

#include <hookswitch/utf8.hpp>

namespace hookswitch::base {

std::string wellFormed(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) hks::utf8::append(out, hks::utf8::next(text, i));
  return out;
}

}  // namespace hookswitch::base
