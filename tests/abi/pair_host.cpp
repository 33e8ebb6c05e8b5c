// pair_host PLUGIN.so <its header> <the plugin's header>: the gateway's own sessions, built against today's or the
// later header, around a plugin that was built against either. What the plugin sends must arrive whole in all four
// pairs.
#include "pair_script.hpp"

#include <cstring>
#include <memory>

#include "host/plugin/session.hpp"

namespace {

/// Every record as short as in its first version, which is what a plugin of that time writes, comes through filled up
/// with zeros to the host's own size.
bool takesFirstVersions() {
  hookswitch::plugin::MessageQueue queue;
  bool good = true;
  for (const auto* row = hks::abi::begin(); row != hks::abi::end(); ++row) {
    if (!row->put) continue;
    alignas(16) char bytes[1024];
    std::memset(bytes, 0x5A, sizeof bytes);  // what lies behind the record is not its own
    std::memset(bytes, 0, row->first);
    *reinterpret_cast<hks_msg*>(bytes) = {row->first, row->type, 1};
    queue.clear();
    const hks_status status = queue.put(*reinterpret_cast<const hks_msg*>(bytes));
    bool zeros = status == HKS_OK && queue.size() == 1 && queue[0].size == row->today;
    for (std::size_t i = sizeof(hks_msg); zeros && i < row->today; ++i)
      zeros = reinterpret_cast<const char*>(&queue[0])[i] == 0;
    if (zeros) continue;
    std::cerr << row->name << " of " << row->first << " bytes: status " << status << "\n";
    good = false;
  }
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  if (!takesFirstVersions()) return 1;
  using hookswitch::plugin::Session;
  std::unique_ptr<Session> session;
  return pair_test::main(argc, argv, [&](const hks_entry& entry) {
    const auto* role = static_cast<const hks_role*>(entry.get(HKS_ROLE_NOTIFIER));
    session = Session::open(*role, {entry.id, "notifier", {}});
    return [&](const hks::testing::Message& message) {
      const hks::testing::Wire wire(message);
      if (const auto status = session->step(*wire.get()); status != HKS_OK)
        throw std::runtime_error(print(message) + " ended with status " + std::to_string(status));
      hks::testing::Outputs out;
      bool own_size = true;
      session->drain([&](const hks_msg& m) {
        const auto* row = hks::abi::rowOf(m.type);
        own_size = own_size && row && m.size == row->today;
        out.push_back(hks::testing::Capture::of(&m));
      });
      if (!own_size) throw std::runtime_error("a copy is not of the host's own size");
      return out;
    };
  });
}
