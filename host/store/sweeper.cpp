#include "host/store/sweeper.hpp"

#include <Poco/Data/Statement.h>

#include <string>
#include <vector>

#include "host/store/database.hpp"

namespace hookswitch::store {
namespace {

using namespace Poco::Data::Keywords;
using Poco::Data::Statement;

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
  Statement select(database_.session());
  select << "SELECT id, last_line FROM calls WHERE started<? AND ended<? AND released=1 ORDER BY started, id LIMIT ?",
      use(bound), use(bound), use(most), into(ids), into(last_lines), now;
  Poco::Int64 lines = 0;
  std::size_t removed = 0;
  std::string id;
  Statement from_lines(database_.session()), from_hooks(database_.session()), from_texts(database_.session()),
      from_calls(database_.session());
  from_lines << "DELETE FROM lines WHERE call=?", use(id);
  from_hooks << "DELETE FROM hooks WHERE call=?", use(id);
  from_texts << "DELETE FROM texts WHERE call=?", use(id);
  from_calls << "DELETE FROM calls WHERE id=?", use(id);
  for (; removed < ids.size() && lines < kLines; lines += last_lines[removed++]) {
    id = ids[removed];
    from_lines.execute();
    from_hooks.execute();
    from_texts.execute();
    from_calls.execute();
  }
  return removed;
}

std::size_t Sweeper::sweepLegs(std::uint64_t before) {
  Poco::Int64 bound = Poco::Int64(before), most = kLegs;
  Statement remove(database_.session());
  remove << "DELETE FROM legs WHERE (carrier, remote_id) IN (SELECT carrier, remote_id FROM legs WHERE seen<?"
            " AND NOT EXISTS(SELECT 1 FROM calls WHERE id=legs.call) LIMIT ?)",
      use(bound), use(most);
  return remove.execute();
}

std::size_t Sweeper::sweepKeys(std::uint64_t before) {
  Poco::Int64 bound = Poco::Int64(before), most = kKeys;
  Statement remove(database_.session());
  remove << "DELETE FROM keys WHERE key IN (SELECT key FROM keys WHERE status<>0 AND created<? LIMIT ?)", use(bound),
      use(most);
  return remove.execute();
}

}  // namespace hookswitch::store
