// One table (hookswitch/messages.def) decides what a role may put and what it is given: the host's sessions and the
// SDK's player must answer alike, for every role, type and direction.
#include <hookswitch/messages.hpp>
#include <hookswitch/testing.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "host/plugin/session.hpp"

namespace plugin_test {
namespace {

namespace abi = hks::abi;
using hks::testing::In;
using hks::testing::Player;
using hookswitch::plugin::Session;

std::function<void(const hks_msg&, const hks_sink&)> on_step;

hks_session* openOne() { return reinterpret_cast<hks_session*>(1); }
hks_status stepOne(hks_session*, const hks_msg* in, const hks_sink* out) {
  on_step(*in, *out);
  return HKS_OK;
}
void closeOne(hks_session*) {}
const hks_role role{openOne, stepOne, closeOne};

constexpr struct {
  const char *id, *word;
} all_roles[] = {{HKS_ROLE_CONTROL, "control"},
                 {HKS_ROLE_NOTIFIER, "notifier"},
                 {HKS_ROLE_CARRIER, "carrier"},
                 {HKS_ROLE_VOICE, "voice"}};

/// Every type of abi.h, and some that nobody knows.
std::vector<std::uint32_t> types() {
  std::vector<std::uint32_t> all{0, 99, 199, 4242, HKS_DRAFT_LAST, HKS_VENDOR_FIRST, HKS_VENDOR_LAST, UINT32_MAX};
  for (const abi::Row* row = abi::begin(); row != abi::end(); ++row) all.push_back(row->type);
  return all;
}

/// A record of nothing but zeros behind its header, large enough for every type.
struct Zeros {
  Zeros(std::uint32_t type, std::uint32_t size) { *msg() = {size, type, 1}; }
  hks_msg* msg() { return reinterpret_cast<hks_msg*>(bytes); }
  alignas(16) char bytes[512]{};
};
std::uint32_t sizeOf(std::uint32_t type) {
  const abi::Row* row = abi::rowOf(type);
  return row ? row->today : sizeof(hks_msg);
}
/// Of its first version: what every writer writes at least.
std::uint32_t firstSizeOf(std::uint32_t type) {
  const abi::Row* row = abi::rowOf(type);
  return row ? row->first : sizeof(hks_msg);
}

struct Answers {
  hks_status host, player;
};

/// What the two sinks say when a session of this role puts the message.
Answers put(const char* id, const char* word, const hks_msg& message) {
  Answers said{};
  hks_status* into = &said.host;
  on_step = [&](const hks_msg&, const hks_sink& out) { *into = out.put(&out, &message); };
  const hks_msg timer{sizeof timer, HKS_TIMER_FIRED, 1};
  EXPECT_EQ(Session::open(role, {"", word, {}})->step(timer), HKS_OK);
  into = &said.player;
  Player(role, id).tolerant().step(In::timer(1));
  return said;
}

class Roles : public testing::TestWithParam<std::uint32_t> {};

TEST_P(Roles, BothTakeTheSameFromAPlugin) {
  const std::uint32_t type = GetParam();
  const abi::Row* row = abi::rowOf(type);
  for (auto& r : all_roles) {
    SCOPED_TRACE(std::string(r.word) + " puts " + abi::nameOf(type));
    const Answers said = put(r.id, r.word, *Zeros(type, sizeOf(type)).msg());
    EXPECT_EQ(said.host, said.player);
    EXPECT_EQ(said.host, row && (row->put & abi::rolesOf(r.id)) ? HKS_OK : HKS_UNSUPPORTED);
    const Answers brief = put(r.id, r.word, *Zeros(type, firstSizeOf(type) - 1).msg());
    EXPECT_EQ(brief.host, brief.player);
    EXPECT_NE(brief.host, HKS_OK);
  }
}

TEST_P(Roles, BothGiveTheSameToAPlugin) {
  const std::uint32_t type = GetParam();
  const abi::Row* row = abi::rowOf(type);
  for (auto& r : all_roles) {
    SCOPED_TRACE(std::string(r.word) + " is given " + abi::nameOf(type));
    const bool given = row && (row->given & abi::rolesOf(r.id));
    int steps = 0;
    on_step = [&](const hks_msg&, const hks_sink&) { ++steps; };
    EXPECT_EQ(Session::open(role, {"", r.word, {}})->step(*Zeros(type, sizeOf(type)).msg()),
              given ? HKS_OK : HKS_UNSUPPORTED);
    EXPECT_EQ(steps, given) << "the host";
    if (!row) continue;  // a later host gives types that this header does not know: the player plays it
    Player player(role, r.id);
    player.tolerant().step(In::of(type));
    EXPECT_EQ(player.status(), given ? HKS_OK : HKS_UNSUPPORTED);
    EXPECT_EQ(steps, 2 * given) << "the player";
    if (!given) {
      EXPECT_THROW(Player(role, r.id).step(In::of(type)), std::invalid_argument);
    }
  }
}

TEST_P(Roles, BothSayTheSameToAPluginThatAsks) {
  const std::uint32_t type = GetParam();
  const abi::Row* row = abi::rowOf(type);
  for (auto& r : all_roles) {
    SCOPED_TRACE(std::string(r.word) + " asks about " + abi::nameOf(type));
    std::vector<std::uint32_t> sizes;
    on_step = [&](const hks_msg&, const hks_sink& out) {
      auto* messages = static_cast<const hks_messages*>(out.get(&out, HKS_MESSAGES));
      ASSERT_NE(messages, nullptr);
      sizes.push_back(messages->size(&out, type));
      EXPECT_EQ(out.get(&out, "hookswitch.nothing/1"), nullptr);
    };
    const hks_msg timer{sizeof timer, HKS_TIMER_FIRED, 1};
    Session::open(role, {"", r.word, {}})->step(timer);
    Player(role, r.id).step(In::timer(1));
    const bool known = row && ((row->put | row->given) & abi::rolesOf(r.id));
    EXPECT_EQ(sizes, std::vector<std::uint32_t>(2, known ? row->today : 0));
  }
}

INSTANTIATE_TEST_SUITE_P(EveryType, Roles, testing::ValuesIn(types()), [](const auto& info) {
  const abi::Row* row = abi::rowOf(info.param);
  return row ? std::string(row->name) : "unknown_" + std::to_string(info.param);
});

TEST(Roles, AControlSessionMayPutNoAudio) {
  const Answers said = put(HKS_ROLE_CONTROL, "control", *Zeros(HKS_AUDIO, sizeof(hks_audio)).msg());
  EXPECT_EQ(said.host, HKS_UNSUPPORTED);
  EXPECT_EQ(said.player, HKS_UNSUPPORTED);
}

// What the table says, written down a second time by hand for a few that would cost a call.
TEST(Roles, WhatAPluginMaySayIsWhatTheReadmeSays) {
  const auto may = [](std::uint32_t type) { return abi::rowOf(type)->put; };
  EXPECT_EQ(may(HKS_HOOK), abi::roles::C | abi::roles::N);
  EXPECT_EQ(may(HKS_AUDIO), abi::roles::K | abi::roles::V);
  EXPECT_EQ(may(HKS_MARK), abi::roles::K);
  EXPECT_EQ(may(HKS_TRANSCRIPT), abi::roles::V);
  EXPECT_EQ(may(HKS_SAY), abi::roles::C | abi::roles::N | abi::roles::K);
  EXPECT_EQ(may(HKS_CALL_END), abi::roles::ALL);
  EXPECT_EQ(may(HKS_START), abi::roles::NONE);
}

/// One reserved field that is not 0, in every record that has one.
TEST(Roles, BothRefuseAReservedFieldThatIsNotZero) {
  std::size_t tried = 0;
#define HKS_RECORD(record, size, head)                                                                          \
  for (const abi::Row* row = abi::begin(); row != abi::end(); ++row) {                                          \
    bool same = false;                                                                                          \
    abi::withRecord(row->type, [&](auto as) { same = std::is_same_v<typename decltype(as)::Record, record>; }); \
    if (!same || !row->put) continue;                                                                           \
    [[maybe_unused]] auto check = [&](std::size_t offset) {                                                     \
      Zeros zeros(row->type, row->today);                                                                       \
      zeros.bytes[offset + 2] = 1;                                                                              \
      for (auto& r : all_roles) {                                                                               \
        if (!(row->put & abi::rolesOf(r.id))) continue;                                                         \
        const Answers said = put(r.id, r.word, *zeros.msg());                                                   \
        EXPECT_EQ(said.host, HKS_INVALID) << row->name << " from " << r.word;                                   \
        EXPECT_EQ(said.player, HKS_INVALID) << row->name << " from " << r.word;                                 \
        ++tried;                                                                                                \
      }                                                                                                         \
    };                                                                                                          \
    using Record [[maybe_unused]] = record;
#define HKS_ZERO(field) check(offsetof(Record, field));
#define HKS_RECORD_END(record) }
#include <hookswitch/messages.def>
  EXPECT_GT(tried, 20u);
}

}  // namespace
}  // namespace plugin_test
