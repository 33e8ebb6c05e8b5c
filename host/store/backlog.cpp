#include "host/store/backlog.hpp"

#include <iterator>
#include <type_traits>
#include <utility>
#include <variant>

namespace hookswitch::store {
namespace {

constexpr std::size_t kOverhead = 256;  // of the containers, and of the strings that are short

std::string keyOf(const Write& write) {
  return std::visit(
      [](const auto& w) -> std::string {
        using T = std::decay_t<decltype(w)>;
        if constexpr (std::is_same_v<T, SaveCall>)
          return Backlog::callKey(w.record.terms->id);
        else if constexpr (std::is_same_v<T, SaveLine>)
          return Backlog::lineKeys(w.call) + std::to_string(w.line.number);
        else if constexpr (std::is_same_v<T, SaveHook>)
          return Backlog::hookKey(w.hook);
        else if constexpr (std::is_same_v<T, SaveLeg>)
          return Backlog::legKey(w.carrier, w.remote_id);
        else
          return Backlog::keyKey(w.key);  // a key that is saved, then dropped, is dropped
      },
      write);
}

}  // namespace

std::size_t weight(const Write& write) {
  return kOverhead + std::visit(
                         [](const auto& w) -> std::size_t {
                           using T = std::decay_t<decltype(w)>;
                           if constexpr (std::is_same_v<T, SaveCall>) {
                             const auto& t = *w.record.terms;
                             return sizeof(T) + t.prompt.size() + t.greeting.size() + t.metadata_json.size() +
                                    w.record.reason.size();
                           } else if constexpr (std::is_same_v<T, SaveLine>)
                             return sizeof(T) + w.line.text.size();
                           else if constexpr (std::is_same_v<T, SaveHook>)
                             return sizeof(T) + w.hook.error.size();
                           else if constexpr (std::is_same_v<T, SaveKey>)
                             return sizeof(T) + w.key.size() + w.body.size();
                           else if constexpr (std::is_same_v<T, SaveLeg>)
                             return sizeof(T) + w.carrier.size() + w.remote_id.size();
                           else
                             return sizeof(T) + w.key.size();
                         },
                         write);
}

std::size_t Backlog::add(Write write) {
  const std::size_t bytes = weight(write);
  std::string key = keyOf(write);
  const auto known = keys_.find(key);
  if (known != keys_.end()) {
    bytes_ += bytes - known->second->bytes;
    known->second->bytes = bytes;
    known->second->write = std::move(write);
  } else {
    Entries& entries = of(write);
    entries.push_back({key, std::move(write), bytes});
    keys_[std::move(key)] = std::prev(entries.end());
    bytes_ += bytes;
  }
  std::size_t dropped = 0;
  for (; bytes_ > max_bytes_ && !keys_.empty(); ++dropped) remove(lines_.empty() ? others_ : lines_);
  return dropped;
}

std::vector<const Write*> Backlog::front(std::size_t count) const {
  std::vector<const Write*> out;
  for (const Entries* entries : {&others_, &lines_})
    for (auto it = entries->begin(); it != entries->end() && out.size() < count; ++it) out.push_back(&it->write);
  return out;
}

const Write* Backlog::find(const std::string& key) const {
  const auto it = keys_.find(key);
  return it == keys_.end() ? nullptr : &it->second->write;
}

void Backlog::with(const std::string& beginning, const std::function<bool(const Write&)>& each) const {
  for (auto it = keys_.lower_bound(beginning);
       it != keys_.end() && it->first.compare(0, beginning.size(), beginning) == 0; ++it)
    if (!each(it->second->write)) return;
}

void Backlog::drop(std::size_t count) {
  for (; count > 0; --count) remove(others_.empty() ? lines_ : others_);
}

void Backlog::remove(Entries& entries) {
  bytes_ -= entries.front().bytes;
  keys_.erase(entries.front().key);
  entries.pop_front();
}

}  // namespace hookswitch::store
