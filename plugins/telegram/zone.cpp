#include "plugins/telegram/zone.hpp"

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>

namespace hookswitch::telegram {
namespace {

constexpr std::size_t kMaxFile = 256 * 1024;
constexpr std::int32_t kMaxOffset_s = 26 * 3600;

std::int64_t number(std::string_view bytes) {
  std::uint64_t n = (static_cast<unsigned char>(bytes[0]) & 0x80) ? ~std::uint64_t(0) : 0;
  for (unsigned char c : bytes) n = n << 8 | c;
  return std::int64_t(n);
}

/// "+2", "-03:30", with or without "UTC" in front.
bool fixedOffset(std::string_view text, std::int32_t& offset_s) {
  if (text.substr(0, 3) == "UTC") text.remove_prefix(3);
  if (text.size() < 2 || (text[0] != '+' && text[0] != '-')) return false;
  const bool minus = text[0] == '-';
  text.remove_prefix(1);
  int hours = 0, minutes = 0, used = 0;
  const std::string plain(text);
  const bool both =
      std::sscanf(plain.c_str(), "%2d:%2d%n", &hours, &minutes, &used) == 2 && std::size_t(used) == plain.size();
  if (!both && (std::sscanf(plain.c_str(), "%2d%n", &hours, &used) != 1 || std::size_t(used) != plain.size()))
    return false;
  if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59) return false;
  offset_s = (hours * 3600 + (both ? minutes : 0) * 60) * (minus ? -1 : 1);
  return true;
}

bool isName(std::string_view name) {
  if (name.empty() || name.size() > 64 || name[0] == '/' || name.find("..") != std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
           c == '+' || c == '-';
  });
}

std::string offsetText(std::int32_t offset_s) {
  char text[32];
  const std::int32_t minutes = std::abs(offset_s) / 60;
  std::snprintf(text, sizeof text, "UTC%c%02d:%02d", offset_s < 0 ? '-' : '+', minutes / 60 % 100, minutes % 60);
  return text;
}

/// Where the parts of a block of RFC 8536 are, from the beginning of its header.
struct Block {
  std::size_t width = 4;  // bytes of a time
  std::size_t change_count = 0, kind_count = 0, name_bytes = 0;
  std::size_t times = 0, kinds = 0, records = 0, names = 0, end = 0;
};

/// False: it is none, or not whole.
bool readBlock(std::string_view file, std::size_t width, Block& block) {
  if (file.size() < 44 || file.substr(0, 4) != "TZif") return false;
  std::size_t n[6];  // isut, isstd, leap, time, type, char
  for (int i = 0; i < 6; ++i) {
    n[i] = std::size_t(number(file.substr(20 + std::size_t(i) * 4, 4)));
    if (n[i] > kMaxFile) return false;
  }
  block.width = width;
  block.change_count = n[3], block.kind_count = n[4], block.name_bytes = n[5];
  block.times = 44;
  block.kinds = block.times + n[3] * width;
  block.records = block.kinds + n[3];
  block.names = block.records + n[4] * 6;
  block.end = block.names + n[5] + n[2] * (width + 4) + n[1] + n[0];
  return file.size() >= block.end && n[4] != 0;
}

}  // namespace

std::string Zone::set(std::string_view name) {
  local_ = false;
  kinds_ = {{0, "UTC"}};
  changes_.clear();
  if (name.empty() || name == "local") {
    local_ = true;
    return {};
  }
  if (name == "UTC") return {};
  if (std::int32_t offset_s = 0; fixedOffset(name, offset_s)) {
    kinds_ = {{offset_s, {}}};
    return {};
  }
  const std::string wanted =
      "expected local, UTC, an offset such as +02:00, or a name such as Europe/Berlin; times are told in UTC";
  if (!isName(name)) return "is not a time zone: " + wanted;
  // The one file that this plugin reads, once per START; localtime_r reads its like.
  std::string file(kMaxFile, '\0');
  std::FILE* in = std::fopen(("/usr/share/zoneinfo/" + std::string(name)).c_str(), "rb");
  file.resize(in ? std::fread(file.data(), 1, file.size(), in) : 0);
  if (in) std::fclose(in);
  if (!parse(file)) return "is not known on this machine (/usr/share/zoneinfo; Debian's package tzdata): " + wanted;
  return {};
}

bool Zone::parse(std::string_view file) {
  // A header and a block of 32-bit times, then, from version 2, the same with 64 bits.
  Block block;
  if (!readBlock(file, 4, block)) return false;
  if (file[4] >= '2') {
    file.remove_prefix(block.end);
    if (!readBlock(file, 8, block)) return false;
  }
  std::vector<Kind> found;
  for (std::size_t i = 0; i < block.kind_count; ++i) {
    const std::string_view record = file.substr(block.records + i * 6, 6);
    const std::size_t name = static_cast<unsigned char>(record[5]);
    if (name >= block.name_bytes) return false;
    const std::string_view all = file.substr(block.names + name, block.name_bytes - name);
    Kind kind{std::int32_t(number(record.substr(0, 4))),
              std::string(all.substr(0, std::min<std::size_t>(all.find('\0'), 16)))};
    if (kind.offset_s < -kMaxOffset_s || kind.offset_s > kMaxOffset_s) return false;
    if (!kind.name.empty() && (kind.name[0] == '+' || kind.name[0] == '-'))
      kind.name.clear();  // a number that is told anyway
    found.push_back(std::move(kind));
  }
  std::vector<Change> changes;
  for (std::size_t i = 0; i < block.change_count; ++i) {
    const auto kind = static_cast<unsigned char>(file[block.kinds + i]);
    const std::int64_t at = number(file.substr(block.times + i * block.width, block.width));
    if (kind >= found.size() || (i && at <= changes.back().unix_s)) return false;
    changes.push_back({at, kind});
  }
  kinds_ = std::move(found);
  changes_ = std::move(changes);
  return true;
}

Zone::Kind Zone::at(std::int64_t unix_s) const {
  if (local_) {
    const time_t t = time_t(unix_s);
    tm parts{};
    if (!::localtime_r(&t, &parts)) return {0, "UTC"};
    return {std::int32_t(parts.tm_gmtoff),
            parts.tm_zone && parts.tm_zone[0] != '+' && parts.tm_zone[0] != '-' ? parts.tm_zone : ""};
  }
  const auto next = std::upper_bound(changes_.begin(), changes_.end(), unix_s,
                                     [](std::int64_t t, const Change& c) { return t < c.unix_s; });
  return next == changes_.begin() ? kinds_.front() : kinds_[std::prev(next)->kind];
}

std::string Zone::text(std::uint64_t unix_ms) const {
  const std::int64_t unix_s = std::int64_t(unix_ms / 1000);
  const Kind kind = at(unix_s);
  const time_t shifted = time_t(unix_s + kind.offset_s);
  tm parts{};
  char day[32];
  if (!::gmtime_r(&shifted, &parts) || !::strftime(day, sizeof day, "%Y-%m-%d ", &parts)) return {};
  std::string out = day + clock(unix_ms);
  if (kind.name == "UTC" && kind.offset_s == 0) return out + " UTC";
  return out + " " +
         (kind.name.empty() ? offsetText(kind.offset_s) : kind.name + " (" + offsetText(kind.offset_s) + ")");
}

std::string Zone::clock(std::uint64_t unix_ms) const {
  const std::int64_t unix_s = std::int64_t(unix_ms / 1000);
  const time_t shifted = time_t(unix_s + at(unix_s).offset_s);
  tm parts{};
  char text[16];
  return ::gmtime_r(&shifted, &parts) && ::strftime(text, sizeof text, "%H:%M:%S", &parts) ? text : "";
}

}  // namespace hookswitch::telegram
