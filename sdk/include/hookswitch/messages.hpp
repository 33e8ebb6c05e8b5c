// hookswitch/messages.hpp - what messages.def says, for programs: the rows of all messages, the records behind them,
// and what a host refuses. The gateway and the testing headers ask the same functions. C++17, depends on abi.h alone.
// [any]
#ifndef HKS_MESSAGES_HPP
#define HKS_MESSAGES_HPP
#include <hookswitch/abi.h>
#include <hookswitch/draft.h>

#include <cstring>
#include <string>
#include <string_view>

namespace hks::abi {

/// A set of roles, one bit each.
using Roles = uint8_t;
namespace roles {
constexpr Roles NONE = 0, C = 1, N = 2, K = 4, V = 8, ALL = 15;
}
/// By the id of abi.h or its word ("hookswitch.voice/1", "voice"). Nobody in particular (""): every role.
inline Roles rolesOf(std::string_view role) {
  struct Named {
    Roles bit;
    std::string_view id, word;
  };
  static constexpr Named names[] = {{roles::C, HKS_ROLE_CONTROL, "control"},
                                    {roles::N, HKS_ROLE_NOTIFIER, "notifier"},
                                    {roles::K, HKS_ROLE_CARRIER, "carrier"},
                                    {roles::V, HKS_ROLE_VOICE, "voice"}};
  for (auto& n : names)
    if (role == n.id || role == n.word) return n.bit;
  return role.empty() ? roles::ALL : roles::NONE;
}

/// A number of an enumeration and its word: 4 and "NOTIFY".
struct Word {
  uint64_t value;
  const char* name;
};

/// All words of one enumeration, in the order of abi.h.
struct Words {
  const Word* first = nullptr;
  size_t count = 0;
  constexpr Words() = default;
  template <size_t N>
  constexpr Words(const Word (&all)[N]) : first(all), count(N) {}
  /// NULL when the number has no word.
  const char* nameOf(uint64_t value) const {
    for (size_t i = 0; i < count; ++i)
      if (first[i].value == value) return first[i].name;
    return nullptr;
  }
  /// 0 when the word is unknown: no enumeration uses 0.
  uint64_t valueOf(std::string_view name) const {
    for (size_t i = 0; i < count; ++i)
      if (name == first[i].name) return first[i].value;
    return 0;
  }
};

/// The words of each enumeration: words::phases, words::formats, ...
namespace words {
#define HKS_WORDS(list) inline constexpr Word list[] = {
#define HKS_WORD(constant, word) {constant, #word},
#define HKS_WORDS_END() \
  }                     \
  ;
#include <hookswitch/messages.def>
}  // namespace words

/// How long a record was in its first version: what every writer writes at least.
template <class R>
inline constexpr uint32_t first_size = 0;
#define HKS_RECORD(record, size, head) \
  template <>                          \
  inline constexpr uint32_t first_size<record> = size;
#include <hookswitch/messages.def>

/// One message of the ABI.
struct Row {
  uint32_t type;
  const char* name;       ///< as abi.h spells it without its prefix: "HTTP_CALL"
  uint32_t first, today;  ///< size of its record, in its first version and in this header
  Roles put, given;       ///< who may put it into the sink, who is given it
};

namespace detail {
using namespace roles;
enum Index {
#define HKS_MESSAGE(type, record, put, given) at_##type,
#include <hookswitch/messages.def>
  row_count
};
inline constexpr Row rows[] = {
#define HKS_MESSAGE(type, record, put, given) {HKS_##type, #type, first_size<record>, sizeof(record), put, given},
#include <hookswitch/messages.def>
};
}  // namespace detail

constexpr const Row* begin() { return detail::rows; }
constexpr const Row* end() { return detail::rows + detail::row_count; }

/// NULL: this header knows no such message.
constexpr const Row* rowOf(uint32_t type) {
  switch (type) {
// clang-format off
#define HKS_MESSAGE(type, record, put, given) case HKS_##type: return &detail::rows[detail::at_##type];
#include <hookswitch/messages.def>
    // clang-format on
    default: return nullptr;
  }
}

/// A record type as an argument.
template <class R>
struct As {
  using Record = R;
};
/// f(As<the record of this type>) and true; false without calling f when this header knows no such message.
template <class F>
bool withRecord(uint32_t type, F&& f) {
  switch (type) {
// clang-format off
#define HKS_MESSAGE(type, record, put, given) case HKS_##type: return f(As<record>{}), true;
#include <hookswitch/messages.def>
    // clang-format on
    default: return false;
  }
}

// walk(record, w) calls w.text, .pairs, .list, .call or .record with every field that points to something.
#define HKS_RECORD(record, size, head) \
  template <class W>                   \
  void walk([[maybe_unused]] record& r, [[maybe_unused]] W&& w) {
#define HKS_STR(field) w.text(r.field);
#define HKS_PAIRS(first, count) w.pairs(r.first, r.count);
#define HKS_LIST(first, count, stride) w.list(r.first, r.count, r.stride);
#define HKS_OF_CALL(field, member) w.call(r.field);
#define HKS_OF_RECORD(field) w.record(r.field);
#define HKS_RECORD_END(record) }
#include <hookswitch/messages.def>

// The first reserved field that is not 0; NULL: none.
#define HKS_RECORD(record, size, head) inline const char* usedReserve([[maybe_unused]] const record& r) {
#define HKS_ZERO(field) \
  if (r.field) return #field;
#define HKS_RECORD_END(record) \
  return nullptr;              \
  }
#include <hookswitch/messages.def>

/// What is wrong with a message that a plugin put, as far as the record itself tells.
enum class Wrong { nothing = 0, type = 1, role = 2, size = 3, reserve = 4, content = 5 };

/// `field`: of Wrong::reserve.
struct Objection {
  Wrong wrong = Wrong::nothing;
  const char* field = nullptr;
};
/// The same of its head alone: whatever its record, of this size, contains.
inline Objection objectionToHead(const hks_msg& m, Roles roles) {
  const Row* row = rowOf(m.type);
  if (!row) return {Wrong::type};
  if (!(row->put & roles)) return {Wrong::role};
  if (m.size < row->first) return {Wrong::size};
  return {};
}
inline Objection objectionTo(const hks_msg& m, Roles roles) {
  Objection found = objectionToHead(m, roles);
  if (found.wrong != Wrong::nothing) return found;
  withRecord(m.type, [&](auto as) {
    typename decltype(as)::Record r{};
    std::memcpy(static_cast<void*>(&r), &m, m.size < sizeof r ? m.size : sizeof r);
    if (const char* field = usedReserve(r)) found = {Wrong::reserve, field};
  });
  return found;
}

/// What the sink answers.
constexpr hks_status statusOf(Wrong wrong) {
  switch (wrong) {
    case Wrong::nothing: return HKS_OK;
    case Wrong::type:
    case Wrong::role: return HKS_UNSUPPORTED;
    default: return HKS_INVALID;
  }
}

inline std::string nameOf(uint32_t type) {
  const Row* row = rowOf(type);
  return row ? row->name : "type " + std::to_string(type);
}

/// In words, for whoever wrote the plugin: "AUDIO from a session of role voice".
inline std::string sentence(const Objection& objection, const hks_msg& m, std::string_view role) {
  const Row* row = rowOf(m.type);
  const std::string name = nameOf(m.type);
  switch (objection.wrong) {
    case Wrong::nothing: return {};
    case Wrong::type:
      if (m.type >= HKS_VENDOR_FIRST && m.type <= HKS_VENDOR_LAST)
        return "a message of a vendor's type " + std::to_string(m.type) + ", which this host does not know";
      if (m.type >= HKS_DRAFT_FIRST && m.type <= HKS_DRAFT_LAST)
        return "a message of the draft type " + std::to_string(m.type) + ", which this host does not know";
      return "a message of unknown type " + std::to_string(m.type);
    case Wrong::role:
      return row && !row->put ? name + " is the host's to send" : name + " from a session of role " + std::string(role);
    case Wrong::size:
      return name + " of size " + std::to_string(m.size) + ", shorter than its record (" +
             std::to_string(row ? row->first : 0) + ")";
    case Wrong::reserve: return name + " whose field " + (objection.field ? objection.field : "reserved") + " is not 0";
    case Wrong::content: break;
  }
  return name + " has a string or array without data, or beyond the limits";
}

/// hks_messages.size for a session of these roles.
constexpr uint32_t sizeFor(uint32_t type, Roles roles) {
  const Row* row = rowOf(type);
  return row && ((row->put | row->given) & roles) ? row->today : 0;
}

}  // namespace hks::abi
#endif
