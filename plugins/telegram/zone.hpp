// Moments as people read them, in a time zone that is named once and kept by whoever asked: no global is touched.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hookswitch::telegram {

/// [any]
class Zone {
 public:
  /// "" or "local": the machine's, as TZ or /etc/localtime say; "UTC"; "+02:00"; or a name such as "Europe/Berlin",
  /// which is read once from the machine's zoneinfo. Returns why it cannot be used, else nothing; then the zone is UTC.
  std::string set(std::string_view name);
  /// "2026-11-28 14:03:10 CET (UTC+01:00)"
  std::string text(std::uint64_t unix_ms) const;
  /// "14:03:10", of the same day or another
  std::string clock(std::uint64_t unix_ms) const;

  /// The content of a TZif file (RFC 8536). False: it is none.
  bool parse(std::string_view file);

 private:
  struct Kind {
    std::int32_t offset_s = 0;
    std::string name;
  };
  struct Change {
    std::int64_t unix_s;
    std::uint8_t kind;
  };
  Kind at(std::int64_t unix_s) const;
  bool local_ = false;
  std::vector<Kind> kinds_{{0, "UTC"}};
  std::vector<Change> changes_;  // in order
};

}  // namespace hookswitch::telegram
