#include "plugins/gateway/outbox.hpp"

#include <utility>

namespace hookswitch::gateway {

const Outbox::Settled* Outbox::settled(const std::string& key) const {
  const auto it = settled_.find(key);
  return it == settled_.end() ? nullptr : &it->second;
}

Item* Outbox::find(std::uint64_t number) {
  const auto it = items_.find(number);
  return it == items_.end() ? nullptr : &it->second;
}

std::uint64_t Outbox::numberOf(const std::string& key) const {
  const auto it = numbers_.find(key);
  return it == numbers_.end() ? 0 : it->second;
}

std::uint64_t Outbox::dispensable() const {
  for (auto it = items_.rbegin(); it != items_.rend(); ++it)
    if (it->second.event.kind == Event::Kind::Started && it->second.state != Item::State::InFlight) return it->first;
  return 0;
}

std::uint64_t Outbox::add(std::string key, Event event) {
  const std::uint64_t number = ++last_;
  bytes_ += event.bytes();
  numbers_[key] = number;
  Item& item = items_[number];
  item.key = std::move(key);
  item.event = std::move(event);
  return number;
}

void Outbox::erase(std::uint64_t number) {
  const auto it = items_.find(number);
  if (it == items_.end()) return;
  bytes_ -= it->second.event.bytes();
  numbers_.erase(it->second.key);
  items_.erase(it);
}

void Outbox::settle(std::uint64_t number, std::uint32_t state, std::string reason) {
  const auto it = items_.find(number);
  if (it == items_.end()) return;
  remember(it->second.key, state, std::move(reason));
  erase(number);
}

void Outbox::remember(const std::string& key, std::uint32_t state, std::string reason) {
  if (settled_.emplace(key, Settled{state, std::move(reason)}).second) settled_order_.push_back(key);
  if (settled_order_.size() <= kMaxSettled) return;
  settled_.erase(settled_order_.front());
  settled_order_.pop_front();
}

}  // namespace hookswitch::gateway
