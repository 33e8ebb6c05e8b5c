#include "host/plugin/message.hpp"

#include <hookswitch/messages.hpp>

#include <algorithm>
#include <cstring>

namespace hookswitch::plugin {
namespace {

namespace abi = hks::abi;

constexpr std::size_t max_message_bytes = 32 * 1024 * 1024;
constexpr std::uint64_t max_headers = 100;

/// Takes what a record points to into the arena, field by field; remembers whether anything was wrong.
class Owner {
 public:
  Owner(Arena& arena, const LentRoom& lent) : arena_(arena), lent_(lent) {}
  bool good() const { return good_; }

  void text(hks_str& s) {
    if (!good_ || s.size > max_message_bytes - total_ || (s.size && !s.data)) {
      good_ = false;
      return;
    }
    total_ += s.size;
    if (!s.size)
      s.data = nullptr;
    else if (!lent_.holds(s.data, s.size))
      s.data = arena_.copy(s.data, s.size);
  }
  void pairs(const hks_pair*& first, std::uint64_t count) {
    if (!good_ || count > max_headers || (count && !first)) {
      good_ = false;
      return;
    }
    auto* own = count ? static_cast<hks_pair*>(arena_.allocate(sizeof(hks_pair) * count)) : nullptr;
    if (own) std::memcpy(own, first, sizeof(hks_pair) * count);
    first = own;
    for (std::uint64_t i = 0; i < count; ++i) {
      text(own[i].name);
      text(own[i].value);
    }
  }
  // Plugins name calls by their ids; whole calls, records and lists of records travel from the host alone.
  void call(const hks_call*& c) { c = nullptr; }
  void record(const hks_record*& r) { r = nullptr; }
  template <class R>
  void list(const R*& first, std::uint64_t& count, std::uint32_t&) {
    first = nullptr;
    count = 0;
  }

 private:
  Arena& arena_;
  const LentRoom& lent_;
  std::size_t total_ = 0;
  bool good_ = true;
};

template <class R>
const hks_msg* copyAs(const hks_msg& in, Arena& arena, const LentRoom& lent, abi::Objection& objection) {
  auto* out = static_cast<R*>(arena.allocate(sizeof(R)));
  if (in.size >= sizeof(R)) {
    std::memcpy(static_cast<void*>(out), &in, sizeof(R));
  } else {
    std::memset(static_cast<void*>(out), 0, sizeof(R));
    std::memcpy(static_cast<void*>(out), &in, in.size);
  }
  auto* header = reinterpret_cast<hks_msg*>(out);
  header->size = sizeof(R);
  if (const char* field = abi::usedReserve(*out)) {
    objection = {abi::Wrong::reserve, field};
    return nullptr;
  }
  Owner owner(arena, lent);
  abi::walk(*out, owner);
  if (owner.good()) return header;
  objection = {abi::Wrong::content, nullptr};
  return nullptr;
}

/// A message whose type, role and size nothing was said against; NULL, and what is wrong, when its content is not
/// right.
const hks_msg* copyRecord(const hks_msg& in, Arena& arena, const LentRoom& lent, abi::Objection& objection) {
  // What comes with every frame does not go through the code of all the others.
  if (in.type == HKS_AUDIO) return copyAs<hks_audio>(in, arena, lent, objection);
  if (in.type == HKS_DATA) return copyAs<hks_data>(in, arena, lent, objection);
  const hks_msg* copy = nullptr;
  abi::withRecord(in.type, [&](auto as) { copy = copyAs<typename decltype(as)::Record>(in, arena, lent, objection); });
  return copy;
}

}  // namespace

const hks_msg* copyFromPlugin(const hks_msg& in, Arena& arena) {
  abi::Objection objection = abi::objectionToHead(in, abi::roles::ALL);
  return objection.wrong == abi::Wrong::nothing ? copyRecord(in, arena, {}, objection) : nullptr;
}

MessageQueue::MessageQueue(std::string role) : role_(std::move(role)), roles_(abi::rolesOf(role_)) {}

hks_status MessageQueue::put(const hks_msg& message) {
  const bool full = messages_.size() >= max_messages || arena_.used() >= max_bytes;
  // Full is what is said of a message that is right.
  abi::Objection objection = full ? abi::objectionTo(message, roles_) : abi::objectionToHead(message, roles_);
  if (objection.wrong == abi::Wrong::nothing) {
    if (full) {
      ++refused_;
      return HKS_FULL;
    }
    if (const hks_msg* copy = copyRecord(message, arena_, lent_, objection)) {
      messages_.push_back(copy);
      return HKS_OK;
    }
  }
  ++refused_;
  complain(message, int(objection.wrong), objection.field);
  return abi::statusOf(objection.wrong);
}

char* MessageQueue::room(std::uint64_t size) {
  if (size == 0 || size > max_message_bytes || arena_.used() >= max_bytes) return nullptr;
  auto* const begin = static_cast<char*>(arena_.allocate(size));
  lent_.add(begin, size);
  return begin;
}

void MessageQueue::complain(const hks_msg& message, int wrong, const char* field) {
  if (complained_.size() >= max_complaints || !complained_.emplace(message.type, wrong).second) return;
  complaints_.push_back(abi::sentence({abi::Wrong(wrong), field}, message, role_));
}

std::uint32_t MessageQueue::sizeOf(std::uint32_t type) const { return abi::sizeFor(type, roles_); }

bool MessageQueue::takes(std::uint32_t type) const {
  const abi::Row* row = abi::rowOf(type);
  return row && (row->given & roles_);
}

const char* typeName(std::uint32_t type) {
  const abi::Row* row = abi::rowOf(type);
  return row ? row->name : "?";
}

}  // namespace hookswitch::plugin
