// application/x-www-form-urlencoded, read and written byte-exactly: signatures cover the decoded bytes, so blanks,
// line breaks, empty values and repeated names must survive (twilio.md §3.1). [any]
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hookswitch::twilio {

class Form {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024;
  static constexpr std::size_t kMaxFields = 256;

  using Fields = std::vector<std::pair<std::string, std::string>>;

  /// False when the body has more than kMaxBytes bytes or kMaxFields fields; the form is then empty.
  bool parse(std::string_view body);

  /// The first value of a name, compared byte by byte; empty when absent.
  std::string_view operator[](std::string_view name) const;
  bool has(std::string_view name) const;
  const Fields& fields() const { return fields_; }  ///< in wire order

  Form& add(std::string_view name, std::string_view value);
  std::string encode() const;

 private:
  Fields fields_;
};

}  // namespace hookswitch::twilio
