#include "host/call/types.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <stdexcept>

namespace hookswitch::call {
namespace {

void randomBytes(unsigned char* to, int size) {
  if (RAND_bytes(to, size) != 1) throw std::runtime_error("the system gives no random numbers");
}

}  // namespace

const char* name(Status s) {
  switch (s) {
    case Status::initiating: return "initiating";
    case Status::ringing: return "ringing";
    case Status::in_progress: return "in-progress";
    case Status::ending: return "ending";
    case Status::ended: return "ended";
  }
  return "";
}

const char* name(Outcome o) {
  switch (o) {
    case Outcome::completed: return "completed";
    case Outcome::failed: return "failed";
    case Outcome::busy: return "busy";
    case Outcome::no_answer: return "no-answer";
    case Outcome::canceled: return "canceled";
  }
  return "";
}

const char* name(EndedBy e) {
  switch (e) {
    case EndedBy::api: return "api";
    case EndedBy::carrier: return "carrier";
    case EndedBy::agent: return "agent";
    case EndedBy::limit: return "limit";
    case EndedBy::shutdown: return "shutdown";
    case EndedBy::fault: return "fault";
    case EndedBy::recovery: return "recovery";
  }
  return "";
}

const char* name(Direction d) { return d == Direction::incoming ? "incoming" : "outbound"; }

const char* name(Phase p) {
  switch (p) {
    case Phase::hangup: return "hangup";
    case Phase::disconnect: return "disconnect";
    case Phase::record: return "record";
    case Phase::notify: return "notify";
    case Phase::started: return "started";
    case Phase::confirm: return "confirm";
    case Phase::settle: return "settle";
  }
  return "";
}

bool isE164(std::string_view n) {
  return n.size() >= 8 && n.size() <= 16 && n[0] == '+' && n[1] >= '1' && n[1] <= '9' &&
         std::all_of(n.begin() + 1, n.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string newId() {
  unsigned char b[16];
  randomBytes(b, sizeof b);
  b[6] = static_cast<unsigned char>((b[6] & 0x0f) | 0x40);
  b[8] = static_cast<unsigned char>((b[8] & 0x3f) | 0x80);
  static constexpr char hex[] = "0123456789abcdef";
  std::string id;
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += hex[b[i] >> 4];
    id += hex[b[i] & 15];
  }
  return id;
}

bool isId(std::string_view id) {
  if (id.size() != 36) return false;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = id[i];
    if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

std::string newToken() {
  unsigned char b[32];
  randomBytes(b, sizeof b);
  static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string token;
  unsigned bits = 0, value = 0;
  for (unsigned char byte : b) {
    value = value << 8 | byte;
    for (bits += 8; bits >= 6; bits -= 6) token += alphabet[value >> (bits - 6) & 63];
  }
  if (bits) token += alphabet[value << (6 - bits) & 63];
  return token;
}

bool equalSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

std::string isoTime(std::uint64_t unix_ms) {
  const std::time_t seconds = std::time_t(unix_ms / 1000);
  std::tm tm{};
  ::gmtime_r(&seconds, &tm);
  char text[96];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                tm.tm_hour, tm.tm_min, tm.tm_sec, int(unix_ms % 1000));
  return text;
}

}  // namespace hookswitch::call
