#include "tests/fakes/base64.hpp"

#include <openssl/evp.h>

namespace fakes {
namespace {

unsigned char* raw(char* text) { return reinterpret_cast<unsigned char*>(text); }
const unsigned char* raw(const char* text) { return reinterpret_cast<const unsigned char*>(text); }

/// What OpenSSL would pass over at the beginning and the end of a text.
bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '-'; }

std::size_t padding(std::string_view text) {
  return text.empty() || text.back() != '=' ? 0 : text.size() > 1 && text[text.size() - 2] == '=' ? 2 : 1;
}

}  // namespace

void appendBase64(std::string& out, std::string_view bytes) {
  const std::size_t before = out.size(), size = (bytes.size() + 2) / 3 * 4;
  out.resize(before + size + 1);  // OpenSSL writes a zero behind it
  EVP_EncodeBlock(raw(out.data() + before), raw(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(before + size);
}

std::string encodeBase64(std::string_view bytes) {
  std::string out;
  appendBase64(out, bytes);
  return out;
}

std::size_t base64Bytes(std::string_view text) { return text.size() / 4 * 3 - padding(text); }

bool decodeBase64(std::string_view text, std::string& out) {
  out.clear();
  if (text.empty()) return true;
  if (text.size() % 4 || blank(text.front()) || blank(text.back())) return false;
  const std::size_t pads = padding(text);
  if (text.find('=') < text.size() - pads) return false;  // for OpenSSL it is a digit, of value 0
  out.resize(text.size() / 4 * 3);
  if (EVP_DecodeBlock(raw(out.data()), raw(text.data()), static_cast<int>(text.size())) < 0) return false;
  out.resize(out.size() - pads);
  return true;
}

}  // namespace fakes
