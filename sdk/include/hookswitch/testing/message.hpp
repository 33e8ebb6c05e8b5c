// hookswitch/testing/message.hpp - hks::testing::Message: any message of the ABI as an owning C++ value, and the two
// ways between it and the records of abi.h. One table (messages.def) serves copying, printing and transcripts.
#ifndef HKS_TESTING_MESSAGE_HPP
#define HKS_TESTING_MESSAGE_HPP
#include <hookswitch/abi.h>
#include <hookswitch/messages.hpp>
#include <hookswitch/testing/names.hpp>

#include <cstring>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace hks::testing {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// What a record says, as values: the members are those of abi.h, in the order of messages.def.
template <class R>
struct Value;
#define HKS_RECORD(record, size, head) \
  template <>                          \
  struct Value<record> {               \
    using R [[maybe_unused]] = record;
#define HKS_STR(field) std::string field;
#define HKS_NUM(field) decltype(R::field) field{};
#define HKS_PAIRS(first, count) Pairs first;
#define HKS_LIST(first, count, stride) std::vector<Value<std::decay_t<decltype(*R::first)>>> first;
#define HKS_OF_CALL(field, member) \
  std::conditional_t<std::is_same_v<R, hks_record>, Value<hks_call>, std::optional<Value<hks_call>>> member;
#define HKS_OF_RECORD(field) std::optional<Value<hks_record>> field;
#define HKS_RECORD_END(record) \
  }                            \
  ;
#include <hookswitch/messages.def>

using Call = Value<hks_call>;
using Line = Value<hks_line>;
using Tool = Value<hks_tool>;
using Record = Value<hks_record>;  ///< its call is always there

/// Any message. Only the members that the record of `type` has mean something; the others keep their zero.
/// Where a record is a hks_call or points to names of one, its fields are those inherited from Call; where it points
/// to a whole hks_call (START, HTTP_REQUEST), that one is `about`.
struct Message : Call {
  uint32_t type = 0;
  uint64_t id = 0;
  uint32_t size = 0;  ///< captured: as the plugin wrote it. To send: 0 is the whole record, else exactly so much of it
#define HKS_MEMBER(type, name) type name{};
#include <hookswitch/messages.def>
};

/// The value of a header, compared without case; empty when absent.
inline std::string header(const Message& m, std::string name) {
  auto lower = [](std::string s) {
    for (char& c : s)
      if (c >= 'A' && c <= 'Z') c = char(c + 32);
    return s;
  };
  name = lower(std::move(name));
  for (auto& [n, value] : m.headers)
    if (lower(n) == name) return value;
  return {};
}

// fields(record, value, f) calls f(field, member of the C record, member of the value) for everything but msg, counts
// and strides, in the order of messages.def. `f` decides the direction.
#define HKS_RECORD(record, size, head) \
  template <class V, class F>          \
  void fields([[maybe_unused]] record& r, [[maybe_unused]] V& v, [[maybe_unused]] F&& f) {
#define HKS_STR(field) f(Field{#field}, r.field, v.field);
#define HKS_NUM(field) f(Field{#field}, r.field, v.field);
#define HKS_ENUM(field, list) f(Field{#field, abi::words::list}, r.field, v.field);
#define HKS_PAIRS(first, count) f(Field{#first}, r.first, r.count, v.first);
#define HKS_LIST(first, count, stride) f(Field{#first}, r.first, r.count, r.stride, v.first);
#define HKS_OF_CALL(field, member) f(Field{#field}, r.field, v.member);
#define HKS_OF_RECORD(field) f(Field{#field}, r.field, v.field);
#define HKS_RECORD_END(record) }
#include <hookswitch/messages.def>

/// Calls f(As<the record of this type>); an unknown type is a bare hks_msg. Returns false for an unknown type.
template <class F>
bool withRecord(uint32_t type, F&& f) {
  return abi::withRecord(type, f) || (f(abi::As<hks_msg>{}), false);
}

}  // namespace hks::testing
#endif
