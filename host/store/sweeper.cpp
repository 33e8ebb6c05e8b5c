#include "host/store/sweeper.hpp"

#include <string>
#include <vector>

#include "host/store/database.hpp"

namespace hookswitch::store {
namespace {

using namespace Poco::Data::Keywords;

constexpr Poco::Int64 kCalls = 25, kLines = 5000, kKeys = 1000,
                      kLegs = 1000;  // of one transaction: the writes of live calls wait for it

}  // namespace

std::size_t Sweeper::sweep(std::uint64_t calls_before_unix_ms, std::uint64_t keys_before_unix_ms) {
  // Looked for first: a pass that finds nothing costs no write.
  const auto exists = [this](const std::string& what) {
    return database_.number("SELECT EXISTS(SELECT 1 FROM " + what + ")") != 0;
  };
  const std::string before = std::to_string(calls_before_unix_ms);
  const bool calls =
      calls_before_unix_ms && exists("calls WHERE started<" + before + " AND ended<" + before + " AND released=1");
  const bool keys = exists("keys WHERE status<>0 AND created<" + std::to_string(keys_before_unix_ms));
  const bool legs = calls_before_unix_ms &&
                    exists("legs WHERE seen<" + before + " AND NOT EXISTS(SELECT 1 FROM calls WHERE id=legs.call)");
  if (!calls && !keys && !legs) return 0;
  database_.begin();
  const std::size_t removed = (calls ? sweepCalls(calls_before_unix_ms) : 0) +
                              (legs ? sweepLegs(calls_before_unix_ms) : 0) +
                              (keys ? sweepKeys(keys_before_unix_ms) : 0);
  database_.commit();
  return removed;
}

std::size_t Sweeper::sweepCalls(std::uint64_t before) {
  Poco::Int64 bound = Poco::Int64(before), most = kCalls;
  std::vector<std::string> ids;
  std::vector<Poco::Int64> last_lines;
  database_.run(
      "SELECT id, last_line FROM calls WHERE started<? AND ended<? AND released=1 ORDER BY started, id LIMIT ?",
      use(bound), use(bound), use(most), into(ids), into(last_lines));
  Poco::Int64 lines = 0;
  std::size_t removed = 0;
  for (; removed < ids.size() && lines < kLines; lines += last_lines[removed++])
    for (const char* sql : {"DELETE FROM lines WHERE call=?", "DELETE FROM hooks WHERE call=?",
                            "DELETE FROM texts WHERE call=?", "DELETE FROM calls WHERE id=?"})
      database_.run(sql, use(ids[removed]));
  return removed;
}

std::size_t Sweeper::sweepLegs(std::uint64_t before) {
  Poco::Int64 bound = Poco::Int64(before), most = kLegs;
  return database_.run(
      "DELETE FROM legs WHERE (carrier, remote_id) IN (SELECT carrier, remote_id FROM legs WHERE seen<?"
      " AND NOT EXISTS(SELECT 1 FROM calls WHERE id=legs.call) LIMIT ?)",
      use(bound), use(most));
}

std::size_t Sweeper::sweepKeys(std::uint64_t before) {
  Poco::Int64 bound = Poco::Int64(before), most = kKeys;
  return database_.run("DELETE FROM keys WHERE key IN (SELECT key FROM keys WHERE status<>0 AND created<? LIMIT ?)",
                       use(bound), use(most));
}

}  // namespace hookswitch::store
