// Queries and forms: application/x-www-form-urlencoded.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fakes {

using Form = std::vector<std::pair<std::string, std::string>>;

std::string percentEncode(std::string_view text);
/// '+' is a blank; a broken escape stays as it is.
std::string percentDecode(std::string_view text);
std::string encodeForm(const Form& form);
Form decodeForm(std::string_view body);
/// First value of `name`, or a null pointer.
const std::string* find(const Form& form, std::string_view name);

}  // namespace fakes
