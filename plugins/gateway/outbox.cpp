#include "plugins/gateway/outbox.hpp"

#include <utility>

namespace hookswitch::gateway {

std::uint64_t Outbox::dispensable() const {
  for (auto it = items().rbegin(); it != items().rend(); ++it)
    if (it->second.event.kind == Event::Kind::Started && it->second.state != Item::State::InFlight) return it->first;
  return 0;
}

std::uint64_t Outbox::add(std::string key, Event event) {
  Item item;
  item.key = std::move(key);
  item.bytes = event.bytes();
  item.event = std::move(event);
  return hks::Outbox<Item>::add(std::move(item));
}

}  // namespace hookswitch::gateway
