// The calls that are over, as GET /api/calls lists and exports them.
#pragma once

#include <functional>
#include <string>

#include "host/api/calls_query.hpp"
#include "host/base/io_pool.hpp"
#include "host/net/http_server.hpp"
#include "host/store/store.hpp"

namespace hookswitch::api {

/// One JSON object. `detail`: with everything. [any]
std::string storedJson(const store::StoredCall& stored, std::uint64_t now_unix_ms, bool detail);

/// Answers with the first page, which has been read, and what follows from it: the rest of an export, the address of
/// the next page. Long texts are written by `offload`. [any]
void answerHistory(const CallsQuery& query, store::HistoryPage first, store::Store& store,
                   const std::function<void(base::IoPool::Task)>& offload, std::uint64_t now_unix_ms,
                   net::HttpResponder respond);

/// Calls that are read and written at once of an export: what a slow client lets wait in memory.
inline constexpr std::size_t export_page = 100;

}  // namespace hookswitch::api
