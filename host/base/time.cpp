#include "host/base/time.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>

#include <algorithm>

namespace hookswitch::base {

namespace {

constexpr std::uint64_t last_ms = 253402300799999;  // the last of the year 9999: Poco's calendar ends there

Poco::Timestamp at(std::uint64_t unix_ms) {
  return Poco::Timestamp(static_cast<Poco::Timestamp::TimeVal>(std::min(unix_ms, last_ms)) * 1000);
}

}  // namespace

std::string isoTime(std::uint64_t unix_ms) {
  return Poco::DateTimeFormatter::format(at(unix_ms), "%Y-%m-%dT%H:%M:%S.%iZ");
}

std::string httpTime(std::uint64_t unix_ms) {
  return Poco::DateTimeFormatter::format(at(unix_ms), Poco::DateTimeFormat::HTTP_FORMAT);
}

}  // namespace hookswitch::base
