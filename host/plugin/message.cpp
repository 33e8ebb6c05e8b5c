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
  explicit Owner(Arena& arena) : arena_(arena) {}
  bool good() const { return good_; }

  void text(hks_str& s) {
    if (!good_ || s.size > max_message_bytes - total_ || (s.size && !s.data)) {
      good_ = false;
      return;
    }
    total_ += s.size;
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
  std::size_t total_ = 0;
  bool good_ = true;
};

/// Of a message that nothing was said against; NULL when what it points to is wrong.
const hks_msg* copyRecord(const hks_msg& in, Arena& arena) {
  const hks_msg* copy = nullptr;
  abi::withRecord(in.type, [&](auto as) {
    using R = typename decltype(as)::Record;
    R* out = arena.make<R>();
    std::memcpy(static_cast<void*>(out), &in, std::min<std::size_t>(in.size, sizeof(R)));
    auto* header = reinterpret_cast<hks_msg*>(out);
    header->size = sizeof(R);
    Owner owner(arena);
    abi::walk(*out, owner);
    if (owner.good()) copy = header;
  });
  return copy;
}

}  // namespace

const hks_msg* copyFromPlugin(const hks_msg& in, Arena& arena) {
  return abi::objectionTo(in, abi::roles::ALL).wrong == abi::Wrong::nothing ? copyRecord(in, arena) : nullptr;
}

MessageQueue::MessageQueue(std::string role) : role_(std::move(role)), roles_(abi::rolesOf(role_)) {}

hks_status MessageQueue::put(const hks_msg& message) {
  abi::Objection objection = abi::objectionTo(message, roles_);
  if (objection.wrong == abi::Wrong::nothing) {
    if (messages_.size() >= max_messages || arena_.used() >= max_bytes) {
      ++refused_;
      return HKS_FULL;
    }
    if (const hks_msg* copy = copyRecord(message, arena_)) {
      messages_.push_back(copy);
      return HKS_OK;
    }
    objection.wrong = abi::Wrong::content;
  }
  ++refused_;
  complain(message, int(objection.wrong), objection.field);
  return abi::statusOf(objection.wrong);
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
