#include "plugins/openai/items.hpp"

#include <algorithm>

namespace hookswitch::openai {

Item* Items::find(std::string_view id) {
  // The newest is the one that is asked for 50 times a second.
  const auto found = std::find_if(items_.rbegin(), items_.rend(), [&](const Item& i) { return i.id == id; });
  return found == items_.rend() ? nullptr : &*found;
}

Item& Items::open(std::string_view id, std::string_view response) {
  if (Item* known = find(id)) return *known;
  if (items_.size() >= kMax) items_.pop_front();
  Item item;
  item.id = id;
  item.response = response;
  items_.push_back(std::move(item));
  return items_.back();
}

}  // namespace hookswitch::openai
