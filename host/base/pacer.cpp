#include "host/base/pacer.hpp"

#include <utility>

namespace hookswitch::base {

void Pacer::add(Paced& client) {
  if (client.paced_) return;
  client.place_ = queue_.emplace(never, &client);
  client.paced_ = true;
}

void Pacer::remove(Paced& client) {
  if (!client.paced_) return;
  queue_.erase(client.place_);
  client.paced_ = false;
}

void Pacer::move(Paced& client, std::int64_t due_us) {
  auto node = queue_.extract(client.place_);  // keeps its memory
  node.key() = due_us;
  client.place_ = queue_.insert(std::move(node));
}

}  // namespace hookswitch::base
