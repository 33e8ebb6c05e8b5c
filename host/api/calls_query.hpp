// The query of GET /api/calls.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/api/route_table.hpp"
#include "host/base/result.hpp"
#include "host/store/types.hpp"

namespace hookswitch::api {

/// `state`: live when it is not said. `lines`: format=jsonl, complete records, one per line; without a limit
/// `everything` that matches, else a page of them.
struct CallsQuery {
  enum class State : std::uint8_t { live = 1, ended = 2 };
  State state = State::live;
  bool lines = false, everything = false;
  store::HistoryQuery history;
  std::string next;  ///< the query string without `before`, for the address of the next page

  bool filtered = false, limited = false;  ///< anything but `state` is there; `limit` is
};

/// Else the sentence of the 400. [any]
base::Result<CallsQuery> parseCallsQuery(std::string_view query);

/// Its parameters.
std::vector<Described> callsParameters();

}  // namespace hookswitch::api
