#include "plugins/twilio/text.hpp"

#include <cstdio>

namespace hookswitch::twilio {
namespace {

int hexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
std::int64_t daysFromCivil(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = unsigned(year - era * 400);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + std::int64_t(day_of_era) - 719468;
}

}  // namespace

std::string formDecode(std::string_view in) {
  std::string out;
  out.reserve(in.size());
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] == '+') {
      out += ' ';
    } else if (in[i] == '%' && i + 2 < in.size() && hexValue(in[i + 1]) >= 0 && hexValue(in[i + 2]) >= 0) {
      out += char(hexValue(in[i + 1]) << 4 | hexValue(in[i + 2]));
      i += 2;
    } else {
      out += in[i];
    }
  }
  return out;
}

std::string queryValue(std::string_view target, std::string_view name) {
  const auto question = target.find('?');
  if (question == std::string_view::npos) return {};
  std::string_view query = target.substr(question + 1);
  query = query.substr(0, query.find('#'));
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const auto equals = pair.find('=');
    if (formDecode(pair.substr(0, equals)) == name)
      return equals == std::string_view::npos ? std::string() : formDecode(pair.substr(equals + 1));
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return {};
}

std::optional<std::uint64_t> parseNumber(std::string_view in) {
  if (in.empty() || in.size() > 16) return std::nullopt;
  std::uint64_t value = 0;
  for (char c : in) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + std::uint64_t(c - '0');
  }
  if (value > 1'000'000'000'000'000u) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parseMailDate(std::string_view in) {
  if (in.size() > 40) return std::nullopt;
  if (const auto comma = in.find(','); comma != std::string_view::npos) in.remove_prefix(comma + 1);
  int day = 0, year = 0, hour = 0, minute = 0, second = 0;
  char month_name[4] = {}, zone[6] = {};
  const std::string text(in);
  if (std::sscanf(text.c_str(), " %2d %3s %4d %2d:%2d:%2d %5s", &day, month_name, &year, &hour, &minute, &second,
                  zone) != 7)
    return std::nullopt;
  static constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto found = std::string_view(month_name).size() == 3 ? names.find(month_name) : std::string_view::npos;
  if (found == std::string_view::npos || found % 3 != 0) return std::nullopt;
  if (day < 1 || day > 31 || year < 1970 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 60)
    return std::nullopt;
  std::int64_t offset_s = 0;
  const std::string_view z = zone;
  if (z.size() == 5 && (z[0] == '+' || z[0] == '-')) {
    const auto digits = parseNumber(z.substr(1));
    if (!digits) return std::nullopt;
    offset_s = std::int64_t(*digits / 100 * 3600 + *digits % 100 * 60) * (z[0] == '-' ? -1 : 1);
  } else if (z != "GMT" && z != "UTC" && z != "UT" && z != "Z") {
    return std::nullopt;
  }
  return daysFromCivil(year, unsigned(found / 3 + 1), unsigned(day)) * 86400 + hour * 3600 + minute * 60 + second -
         offset_s;
}

std::string utcDay(std::int64_t unix_s) {
  // Inverse of daysFromCivil.
  std::int64_t days = (unix_s >= 0 ? unix_s : unix_s - 86399) / 86400 + 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto day_of_era = unsigned(days - era * 146097);
  const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  const unsigned day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const unsigned month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const std::int64_t year = std::int64_t(year_of_era) + era * 400 + (month <= 2);
  char out[40];
  std::snprintf(out, sizeof out, "%04lld-%02u-%02u", static_cast<long long>(year), month, day);
  return out;
}

bool looksLikeSid(std::string_view in) {
  if (in.size() < 3 || in.size() > 64) return false;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const char c = in[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && (i < 2 || c < '0' || c > '9')) return false;
  }
  return true;
}

}  // namespace hookswitch::twilio
