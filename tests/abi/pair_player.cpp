// pair_player PLUGIN.so <its header> <the plugin's header>: the SDK's player around a plugin that may have been built
// against another header. The answers must be the same for all four pairs.
#include "pair_script.hpp"

#include <memory>

int main(int argc, char** argv) {
  std::unique_ptr<hks::testing::Player> player;
  return pair_test::main(argc, argv, [&](const hks_entry& entry) {
    player = std::make_unique<hks::testing::Player>(entry, HKS_ROLE_NOTIFIER);
    player->tolerant();  // a later plugin sends what today's host does not know
    return [&](const hks::testing::Message& message) { return player->step(message); };
  });
}
