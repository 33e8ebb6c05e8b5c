// The parameters of a query string, each said once, as fields.hpp has it for bodies.
#pragma once

#include <Poco/URI.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/api/route_table.hpp"
#include "host/base/result.hpp"

namespace hookswitch::api {

/// `said.meaning` is what is expected, for the description and for the sentence of whoever sent something else.
template <class T>
struct Parameter {
  Described said;
  std::function<bool(T& request, const std::string& value)> take;  ///< false: the value is not what is expected
  bool once = false;  ///< a second one is refused; else the last one counts
};

/// Names and values, decoded; a sentence when it is not percent-encoding. [any]
base::Result<Poco::URI::QueryParameters> readParameters(std::string_view query);
/// A sentence that names the first parameter which is not among `known`, in whose order it names them. [any]
base::Result<void> knownOnly(std::string_view query, const std::vector<Described>& known);

/// `request` as the query says it; the first mistake counts. [any]
template <class T>
base::Result<void> readQuery(std::string_view query, const std::vector<Parameter<T>>& table, T& request) {
  const auto list = readParameters(query);
  if (!list) return base::Failure(list.error());
  std::vector<std::string> seen;
  for (auto& [name, value] : *list) {
    const auto known = std::find_if(table.begin(), table.end(), [&, &n = name](auto& p) { return p.said.name == n; });
    if (known == table.end()) continue;  // has been refused by knownOnly()
    if (known->once && std::find(seen.begin(), seen.end(), name) != seen.end())
      return base::Failure("'" + name + "' is there twice");
    seen.push_back(name);
    if (!known->take(request, value)) return base::Failure("'" + name + "': expected " + known->said.meaning);
  }
  return {};
}

/// A whole number from 1 to `most`.
std::optional<std::size_t> parseLimit(const std::string& text, std::size_t most);

}  // namespace hookswitch::api
