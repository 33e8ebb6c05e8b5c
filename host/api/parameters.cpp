#include "host/api/parameters.hpp"

#include <Poco/Exception.h>

#include <charconv>

namespace hookswitch::api {

base::Result<Poco::URI::QueryParameters> readParameters(std::string_view query) {
  try {
    Poco::URI uri;
    uri.setRawQuery(std::string(query));
    return uri.getQueryParameters();
  } catch (const Poco::Exception&) {
    return base::Failure("the query is not valid percent-encoding");
  }
}

base::Result<void> knownOnly(std::string_view query, const std::vector<Described>& known) {
  const auto list = readParameters(query);
  if (!list) return base::Failure(list.error());
  for (auto& [name, value] : *list) {
    if (std::any_of(known.begin(), known.end(), [&, &n = name](auto& k) { return k.name == n; })) continue;
    std::string names;
    for (auto& one : known)
      names += (names.empty() ? "" : &one == &known.back() ? " and " : ", ") + std::string(one.name);
    return base::Failure("'" + name.substr(0, 64) + "': there is no such parameter; " +
                         (names.empty() ? "this route takes none" : "known are " + names));
  }
  return {};
}

std::optional<std::size_t> parseLimit(const std::string& text, std::size_t most) {
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  const bool good = error == std::errc() && end == text.data() + text.size() && limit >= 1 && limit <= most;
  return good ? std::make_optional(limit) : std::nullopt;
}

}  // namespace hookswitch::api
