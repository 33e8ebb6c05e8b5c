// Copies of what plugins put: whole, owned, and refused when they cannot be trusted.
#include "host/plugin/message.hpp"

#include <hookswitch/messages.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace plugin_test {
namespace {

using namespace hookswitch::plugin;

template <class R>
using Fields = std::vector<hks_str R::*>;

#define HKS_RECORD(record, size, head) [[maybe_unused]] void clearReserve([[maybe_unused]] record& r) {
#define HKS_ZERO(field) r.field = 0;
#define HKS_RECORD_END(record) }
#include <hookswitch/messages.def>

/// Every byte of the record says something, every string lives in `texts`.
template <class R>
R filled(std::uint32_t type, const Fields<R>& fields, std::vector<std::string>& texts) {
  R r;
  std::memset(static_cast<void*>(&r), 0x21, sizeof r);
  auto* msg = reinterpret_cast<hks_msg*>(&r);
  *msg = {sizeof r, type, 0x1122334455667788};
  texts.clear();
  for (std::size_t i = 0; i < fields.size(); ++i)
    texts.push_back("text " + std::to_string(i) + std::string(i * 5, 'x'));
  for (std::size_t i = 0; i < fields.size(); ++i) r.*fields[i] = str(texts[i]);
  if constexpr (std::is_same_v<R, hks_http>) {
    r.headers = nullptr;
    r.header_count = 0;
    r.call = nullptr;
  }
  clearReserve(r);
  return r;
}

template <class R>
const hks_msg& msg(const R& r) {
  return reinterpret_cast<const hks_msg&>(r);
}

/// `least`: the size of the record in ABI 1.0; what came later may be missing.
template <class R>
void roundTrip(std::uint32_t type, const Fields<R>& fields, std::size_t least = sizeof(R)) {
  SCOPED_TRACE(typeName(type));
  EXPECT_STRNE(typeName(type), "?");
  std::vector<std::string> texts;
  R in = filled<R>(type, fields, texts);
  Arena arena;
  const hks_msg* copy = copyFromPlugin(msg(in), arena);
  ASSERT_NE(copy, nullptr);
  R out;
  std::memcpy(static_cast<void*>(&out), copy, sizeof out);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    EXPECT_NE((out.*fields[i]).data, texts[i].data()) << "string " << i << " is still the plugin's";
    EXPECT_EQ(view(out.*fields[i]), texts[i]);
    (out.*fields[i]).data = (in.*fields[i]).data;
  }
  EXPECT_EQ(std::memcmp(&in, &out, sizeof in), 0) << "a field got lost";

  for (std::size_t i = 0; i < fields.size(); ++i) {
    R bad = in;
    (bad.*fields[i]).data = nullptr;
    EXPECT_EQ(copyFromPlugin(msg(bad), arena), nullptr) << "string " << i << " has a size and no bytes";
    (bad.*fields[i]).size = 0;
    EXPECT_NE(copyFromPlugin(msg(bad), arena), nullptr) << "string " << i << " may be absent";
  }

  R shorter = in;
  reinterpret_cast<hks_msg&>(shorter).size = std::uint32_t(least - 1);
  EXPECT_EQ(copyFromPlugin(msg(shorter), arena), nullptr);
  reinterpret_cast<hks_msg&>(shorter).size = std::uint32_t(least);
  const hks_msg* old = copyFromPlugin(msg(shorter), arena);
  ASSERT_NE(old, nullptr) << "a plugin of ABI 1.0";
  for (std::size_t i = least; i < sizeof(R); ++i) EXPECT_EQ(reinterpret_cast<const char*>(old)[i], 0) << "byte " << i;
  struct Longer {
    R r;
    std::uint64_t later;
  } longer{in, 1};
  reinterpret_cast<hks_msg&>(longer.r).size = sizeof longer;
  const hks_msg* cut = copyFromPlugin(msg(longer.r), arena);
  ASSERT_NE(cut, nullptr) << "a newer plugin's record is longer";
  EXPECT_EQ(cut->size, sizeof(R));
}

#define HKS_RECORD(record, size, head)                                  \
  [[maybe_unused]] Fields<record> stringsOf([[maybe_unused]] record*) { \
    using R [[maybe_unused]] = record;                                  \
    return {
#define HKS_STR(field) &R::field,
#define HKS_RECORD_END(record) \
  }                            \
  ;                            \
  }
#include <hookswitch/messages.def>

TEST(MessageCopy, EveryTypeThatAPluginMaySendComesThroughWhole) {
  std::size_t types = 0;
  for (const hks::abi::Row* row = hks::abi::begin(); row != hks::abi::end(); ++row) {
    if (!row->put) continue;
    ++types;
    hks::abi::withRecord(row->type, [&](auto as) {
      using R = typename decltype(as)::Record;
      roundTrip<R>(row->type, stringsOf(static_cast<R*>(nullptr)), row->first);
    });
  }
  EXPECT_GE(types, 34u) << "those of ABI 1.0";
}

TEST(MessageCopy, WhatOnlyTheHostSaysIsNotTakenFromAPlugin) {
  Arena arena;
  std::vector<char> zeros(1024);
  for (std::uint32_t type :
       {0, int(HKS_START), int(HKS_HTTP_REQUEST), int(HKS_HTTP_RESPONSE), int(HKS_CONN_OPENED), int(HKS_CONN_CLOSED),
        int(HKS_TIMER_FIRED), int(HKS_CALL_ACCEPTED), int(HKS_CALL_REFUSED), int(HKS_CALL_PHASE), int(HKS_CALL_PLACE),
        int(HKS_CALL_SWEEP), int(HKS_HEARD), int(HKS_KEPT), 99, 110, 199, 250, 1 << 30}) {
    auto* m = reinterpret_cast<hks_msg*>(zeros.data());
    *m = {std::uint32_t(zeros.size()), type, 1};
    EXPECT_EQ(copyFromPlugin(*m, arena), nullptr) << type;
  }
}

hks_http request(const std::vector<hks_pair>& headers) {
  hks_http m{};
  m.msg = {sizeof m, HKS_HTTP_CALL, 1};
  m.url = str("https://example.com/");
  m.headers = headers.data();
  m.header_count = headers.size();
  return m;
}

TEST(MessageCopy, HeadersAreCopiedWithTheirTexts) {
  Arena arena;
  std::string name = "X-One", value = "1";
  std::vector<hks_pair> headers{{str(name), str(value)}, {str("X-Empty"), {}}};
  const hks_http m = request(headers);
  const auto* out = reinterpret_cast<const hks_http*>(copyFromPlugin(m.msg, arena));
  ASSERT_NE(out, nullptr);
  name = "-----";
  value = "-";
  headers.clear();
  ASSERT_EQ(out->header_count, 2u);
  EXPECT_EQ(view(out->headers[0].name), "X-One");
  EXPECT_EQ(view(out->headers[0].value), "1");
  EXPECT_EQ(view(out->headers[1].name), "X-Empty");
  EXPECT_EQ(view(out->headers[1].value), "");
}

TEST(MessageCopy, ARequestsCallIsNotTakenFromAPlugin) {
  Arena arena;
  hks_http m = request({});
  m.call = reinterpret_cast<const hks_call*>(std::uintptr_t(0x1000));
  const auto* out = reinterpret_cast<const hks_http*>(copyFromPlugin(m.msg, arena));
  ASSERT_NE(out, nullptr);
  EXPECT_EQ(out->call, nullptr);
}

TEST(MessageCopy, BadHeadersAreRefused) {
  Arena arena;
  const std::vector<hks_pair> many(101, {str("a"), str("b")});
  EXPECT_EQ(copyFromPlugin(request(many).msg, arena), nullptr) << "more than 100 headers";
  const std::vector<hks_pair> just(100, {str("a"), str("b")});
  EXPECT_NE(copyFromPlugin(request(just).msg, arena), nullptr);
  hks_http missing = request(just);
  missing.headers = nullptr;
  EXPECT_EQ(copyFromPlugin(missing.msg, arena), nullptr) << "a count and no headers";
  std::vector<hks_pair> hollow = just;
  hollow[50].value = {nullptr, 5};
  EXPECT_EQ(copyFromPlugin(request(hollow).msg, arena), nullptr);
}

TEST(MessageCopy, AMessageAboveThirtyTwoMegabytesIsRefused) {
  Arena arena;
  const std::string most(32 * 1024 * 1024, 'x');
  hks_data m{};
  m.msg = {sizeof m, HKS_DATA, 1};
  m.bytes = str(most);
  EXPECT_NE(copyFromPlugin(m.msg, arena), nullptr);
  arena.clear();
  hks_transcript t{};
  t.msg = {sizeof t, HKS_TRANSCRIPT, 1};
  t.text = str(most);
  t.item = str("one more byte");
  EXPECT_EQ(copyFromPlugin(t.msg, arena), nullptr) << "all strings together count";
  // A size that no memory has is refused before a byte of it is read.
  m.bytes.size = SIZE_MAX / 2;
  EXPECT_EQ(copyFromPlugin(m.msg, arena), nullptr);
  t.text.size = 1;
  t.item.size = SIZE_MAX;
  EXPECT_EQ(copyFromPlugin(t.msg, arena), nullptr) << "nor does the sum of sizes wrap around";
}

hks_data dataOf(std::string_view bytes) {
  hks_data m{};
  m.msg = {sizeof m, HKS_DATA, 7};
  m.bytes = str(bytes);
  return m;
}

TEST(MessageQueue, KeepsMessagesInTheirOrderUntilTheyAreCleared) {
  MessageQueue queue;
  for (auto text : {"a", "b", "c"}) EXPECT_EQ(queue.put(dataOf(text).msg), HKS_OK);
  ASSERT_EQ(queue.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(view(reinterpret_cast<const hks_data&>(queue[i]).bytes), std::string(1, char('a' + i)));
  queue.clear();
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(queue.refused(), 0u);
}

TEST(MessageQueue, SaysInvalidToWhatIsMalformedAndKeepsTheRest) {
  MessageQueue queue;
  hks_data bad = dataOf("x");
  bad.msg.size = sizeof bad - 4;
  EXPECT_EQ(queue.put(bad.msg), HKS_INVALID);
  hks_msg tiny{4, HKS_FLUSH, 0};
  EXPECT_EQ(queue.put(tiny), HKS_INVALID);
  EXPECT_EQ(queue.put(dataOf("good").msg), HKS_OK);
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(queue.refused(), 2u);
}

TEST(MessageQueue, SaysFullToAPluginThatFloods) {
  MessageQueue queue;
  for (std::size_t i = 0; i < MessageQueue::max_messages; ++i) ASSERT_EQ(queue.put(dataOf("x").msg), HKS_OK);
  EXPECT_EQ(queue.put(dataOf("x").msg), HKS_FULL);
  EXPECT_EQ(queue.size(), MessageQueue::max_messages);
  queue.clear();
  EXPECT_EQ(queue.put(dataOf("x").msg), HKS_OK);
}

TEST(MessageQueue, SaysFullWhenTheBytesAreTooMany) {
  MessageQueue queue;
  const std::string big(16 * 1024 * 1024, 'x');
  int taken = 0;
  while (taken < 10 && queue.put(dataOf(big).msg) == HKS_OK) ++taken;
  EXPECT_EQ(taken, 4);
}

TEST(MessageQueue, WhatIsMalformedCountsAgainstTheBytesToo) {
  MessageQueue queue;
  const std::string big(16 * 1024 * 1024, 'x');
  hks_transcript bad{};
  bad.msg = {sizeof bad, HKS_TRANSCRIPT, 1};
  bad.text = str(big);
  bad.item = {nullptr, 1};
  hks_status last = HKS_OK;
  for (int i = 0; i < 10 && last != HKS_FULL; ++i) last = queue.put(bad.msg);
  EXPECT_EQ(last, HKS_FULL);
}

TEST(MessageQueue, WhatLiesInLentRoomIsNotCopied) {
  MessageQueue queue;
  char* const room = queue.room(100);
  ASSERT_NE(room, nullptr);
  std::memset(room, 'r', 100);
  const auto bytesAt = [&](std::size_t i) { return reinterpret_cast<const hks_data&>(queue[i]).bytes; };
  EXPECT_EQ(queue.put(dataOf({room, 100}).msg), HKS_OK);
  EXPECT_EQ(queue.put(dataOf({room + 20, 30}).msg), HKS_OK);
  EXPECT_EQ(bytesAt(0).data, room);
  EXPECT_EQ(bytesAt(1).data, room + 20);
  const std::string own = "the plugin's own";
  EXPECT_EQ(queue.put(dataOf(own).msg), HKS_OK);
  EXPECT_NE(bytesAt(2).data, own.data());
  EXPECT_EQ(view(bytesAt(2)), own);
}

TEST(MessageQueue, WhatReachesBeyondLentRoomIsCopied) {
  MessageQueue queue;
  char* const room = queue.room(64);
  queue.room(64);  // what follows it in memory is readable
  std::memset(room, 'r', 64);
  EXPECT_EQ(queue.put(dataOf({room + 60, 8}).msg), HKS_OK);
  EXPECT_NE(reinterpret_cast<const hks_data&>(queue[0]).bytes.data, room + 60);
}

TEST(MessageQueue, RoomIsLentUntilTheQueueIsCleared) {
  MessageQueue queue;
  char* const room = queue.room(16);
  std::memset(room, 'r', 16);
  queue.clear();
  queue.put(dataOf("x").msg);  // the memory is in use for something else
  EXPECT_EQ(queue.put(dataOf({room, 16}).msg), HKS_OK);
  EXPECT_NE(reinterpret_cast<const hks_data&>(queue[1]).bytes.data, room);
}

TEST(MessageQueue, LendsNoMoreThanAStepMayPut) {
  MessageQueue queue;
  EXPECT_EQ(queue.room(0), nullptr);
  EXPECT_EQ(queue.room(33 * 1024 * 1024), nullptr);
  EXPECT_EQ(queue.room(UINT64_MAX), nullptr);
  int lent = 0;
  while (lent < 10 && queue.room(16 * 1024 * 1024)) ++lent;
  EXPECT_EQ(lent, 4);
  EXPECT_EQ(queue.put(dataOf("x").msg), HKS_FULL);
  queue.clear();
  EXPECT_NE(queue.room(100), nullptr);
}

}  // namespace
}  // namespace plugin_test
