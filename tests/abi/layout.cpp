// Today's header against the frozen one of 1.0, checked by the compiler in every build: every field of 1.0 is where it
// was and as long, every number is the same, every message is still taken from and given to the same roles. A line that
// fails here is a plugin in the field that reads the wrong bytes.
#include "layout.h"

#include <hookswitch/messages.hpp>
#include <hookswitch/testing/message.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <type_traits>

namespace today {
// Of the numbers in the frozen table, as today's header has them.
constexpr std::array words{
#define HKS_WORD(constant, word) std::uint64_t(constant),
#include "1.0/include/hookswitch/messages.def"
};
constexpr std::array types{
#define HKS_MESSAGE(type, record, put, given) std::uint32_t(HKS_##type),
#include "1.0/include/hookswitch/messages.def"
};
// What no table has.
#define HKS_OTHER_NUMBERS                                                                                            \
  HKS_OK, HKS_FULL, HKS_INVALID, HKS_FAULT, HKS_UNSUPPORTED, HKS_HOOK_APART, HKS_HOOK_MEND, HKS_END_AFTER_PLAYBACK,  \
      HKS_HTTP_UNSENT, HKS_HTTP_UPGRADE, HKS_ROUTE_OPEN, HKS_ROUTE_ASK, HKS_TEXT, HKS_BOOLEAN, HKS_INTEGER, HKS_URL, \
      HKS_CHOICE, HKS_SECRET, HKS_REQUIRED, HKS_WORDS, HKS_DRAFT_FIRST, HKS_DRAFT_LAST, HKS_VENDOR_FIRST,            \
      HKS_VENDOR_LAST, HKS_ABI_MAJOR, HKS_ENTRY_SIZE_1_0
constexpr long long others[] = {HKS_OTHER_NUMBERS};
constexpr std::string_view ids[] = {HKS_ROLE_CONTROL, HKS_ROLE_NOTIFIER, HKS_ROLE_CARRIER,
                                    HKS_ROLE_VOICE,   HKS_SETTINGS,      HKS_MESSAGES};
}  // namespace today

#undef HKS_ABI_H
#undef HKS_CALL
#undef HKS_EXPORT
#undef HKS_ABI_MAJOR
#undef HKS_ABI_MINOR
#undef HKS_ENTRY_SIZE_1_0
#undef HKS_DRAFT_FIRST
#undef HKS_DRAFT_LAST
#undef HKS_VENDOR_FIRST
#undef HKS_VENDOR_LAST
#undef HKS_NEVER
#undef HKS_ROLE_CONTROL
#undef HKS_ROLE_NOTIFIER
#undef HKS_ROLE_CARRIER
#undef HKS_ROLE_VOICE
#undef HKS_SETTINGS
#undef HKS_MESSAGES
#define hks_plugin_entry hks_plugin_entry_of_1_0
namespace frozen {
#include "1.0/include/hookswitch/abi.h"
constexpr std::array words{
#define HKS_WORD(constant, word) std::uint64_t(constant),
#include "1.0/include/hookswitch/messages.def"
};
struct Row {
  std::uint32_t type;
  hks::abi::Roles put, given;
};
using namespace hks::abi::roles;
constexpr Row rows[] = {
#define HKS_MESSAGE(type, record, put, given) {HKS_##type, put, given},
#include "1.0/include/hookswitch/messages.def"
};
constexpr long long others[] = {HKS_OTHER_NUMBERS};
constexpr std::string_view ids[] = {HKS_ROLE_CONTROL, HKS_ROLE_NOTIFIER, HKS_ROLE_CARRIER,
                                    HKS_ROLE_VOICE,   HKS_SETTINGS,      HKS_MESSAGES};
static_assert(HKS_ABI_MAJOR == 1 && HKS_ABI_MINOR == 0, "the frozen header is that of 1.0");
}  // namespace frozen
#undef hks_plugin_entry

namespace {

template <class A, class B>
constexpr bool same(const A& a, const B& b) {
  if (std::size(a) != std::size(b)) return false;
  for (std::size_t i = 0; i < std::size(a); ++i)
    if (a[i] != b[i]) return false;
  return true;
}
static_assert(same(today::words, frozen::words), "a number of an enumeration changed");
static_assert(same(today::others, frozen::others), "a number changed");
static_assert(same(today::ids, frozen::ids), "the id of a table changed");

constexpr bool rolesAreKept() {
  for (std::size_t i = 0; i < std::size(frozen::rows); ++i) {
    const auto& old = frozen::rows[i];
    const hks::abi::Row* now = hks::abi::rowOf(old.type);
    if (today::types[i] != old.type || !now || (now->put & old.put) != old.put || (now->given & old.given) != old.given)
      return false;
  }
  return true;
}
static_assert(rolesAreKept(),
              "a message of 1.0 has another number, or a role may not put it or is not given it any more");

#define HKS_SAME(field)                                                                                   \
  static_assert(offsetof(New, field) == offsetof(Old, field) && sizeof(New::field) == sizeof(Old::field), \
                #field " is not where it was in 1.0, or not as long");
#define HKS_RECORD(record, size, head)                                       \
  namespace layout_of_##record {                                             \
    using New = ::record;                                                    \
    using Old = frozen::record;                                              \
    static_assert(sizeof(Old) == size, "the frozen table and header agree"); \
    static_assert(sizeof(New) >= sizeof(Old), #record " is shorter than in 1.0");
#define HKS_STR(field) HKS_SAME(field)
#define HKS_NUM(field) HKS_SAME(field)
#define HKS_PAIRS(first, count) HKS_SAME(first) HKS_SAME(count)
#define HKS_LIST(first, count, stride) HKS_SAME(first) HKS_SAME(count) HKS_SAME(stride)
#define HKS_OF_CALL(field, member) HKS_SAME(field)
#define HKS_OF_RECORD(field) HKS_SAME(field)
#define HKS_ZERO(field) HKS_SAME(field)
#define HKS_RECORD_END(record) }
#include "1.0/include/hookswitch/messages.def"

// Tables and what is handed over by value: final.
#define HKS_FINAL(type) static_assert(sizeof(::type) == sizeof(frozen::type), "the size of " #type " is final")
HKS_FINAL(hks_str);
HKS_FINAL(hks_pair);
HKS_FINAL(hks_msg);
HKS_FINAL(hks_sink);
HKS_FINAL(hks_messages);
HKS_FINAL(hks_role);
HKS_FINAL(hks_settings);
#define HKS_KEPT_AT(type, field)                                            \
  static_assert(offsetof(::type, field) == offsetof(frozen::type, field) && \
                    sizeof(::type::field) == sizeof(frozen::type::field),   \
                #type "." #field " is not where it was in 1.0, or not as long")
HKS_KEPT_AT(hks_str, data);
HKS_KEPT_AT(hks_str, size);
HKS_KEPT_AT(hks_pair, name);
HKS_KEPT_AT(hks_pair, value);
HKS_KEPT_AT(hks_msg, size);
HKS_KEPT_AT(hks_msg, type);
HKS_KEPT_AT(hks_msg, id);
HKS_KEPT_AT(hks_line, size);
HKS_KEPT_AT(hks_record, size);
HKS_KEPT_AT(hks_sink, host);
HKS_KEPT_AT(hks_sink, put);
HKS_KEPT_AT(hks_sink, get);
HKS_KEPT_AT(hks_messages, size);
HKS_KEPT_AT(hks_role, open);
HKS_KEPT_AT(hks_role, step);
HKS_KEPT_AT(hks_role, close);
HKS_KEPT_AT(hks_settings, keys);
HKS_KEPT_AT(hks_settings, count);
HKS_KEPT_AT(hks_settings, key_size);
HKS_KEPT_AT(hks_key, size);
HKS_KEPT_AT(hks_key, kind);
HKS_KEPT_AT(hks_key, flags);
HKS_KEPT_AT(hks_key, reserved);
HKS_KEPT_AT(hks_key, name);
HKS_KEPT_AT(hks_key, fallback);
HKS_KEPT_AT(hks_key, text);
HKS_KEPT_AT(hks_key, choices);
HKS_KEPT_AT(hks_key, pattern);
HKS_KEPT_AT(hks_key, shape);
HKS_KEPT_AT(hks_entry, abi_major);
HKS_KEPT_AT(hks_entry, abi_minor);
HKS_KEPT_AT(hks_entry, size);
HKS_KEPT_AT(hks_entry, reserved);
HKS_KEPT_AT(hks_entry, id);
HKS_KEPT_AT(hks_entry, name);
HKS_KEPT_AT(hks_entry, version);
HKS_KEPT_AT(hks_entry, get);
static_assert(sizeof(::hks_key) >= sizeof(frozen::hks_key) && sizeof(::hks_entry) >= sizeof(frozen::hks_entry));
static_assert(std::is_standard_layout_v<::hks_start> && std::is_trivially_copyable_v<::hks_start>,
              "records are plain bytes");

TEST(Layout, TheEntryOfTheCFileIsWhatTheHostReads) {
  EXPECT_EQ(hks_plugin_entry.abi_major, 1u);
  EXPECT_EQ(hks_plugin_entry.size, sizeof(frozen::hks_entry));
  EXPECT_STREQ(hks_plugin_entry.id, "layout");
}

TEST(Layout, TheTestingHeaderKnowsEveryTypeAndItsSizeIn10) {
  const auto names = hks::testing::messageNames();
  EXPECT_GE(names.count, std::size(frozen::rows));
  for (const auto& old : frozen::rows) {
    const hks::abi::Row* now = hks::abi::rowOf(old.type);
    ASSERT_NE(now, nullptr);
    EXPECT_STREQ(names.nameOf(old.type), now->name);
    EXPECT_TRUE(hks::testing::withRecord(
        old.type, [&](auto as) { EXPECT_EQ(now->today, sizeof(typename decltype(as)::Record)) << now->name; }));
    EXPECT_LE(now->first, now->today) << now->name;
  }
}

}  // namespace
