// Reads of a store that cannot write: what waits in memory is part of the answer.
#include <gtest/gtest.h>

#include "support.hpp"

namespace store_test {
namespace {

TEST(Overlay, WhatWaitsIsReadWithWhatTheFileHasAndSaysSo) {
  Directory directory;
  Store store(options(directory.file()), atOnce);
  store.start();
  ASSERT_TRUE(put(store, {endedCall(1), line(1, 1, "in the file"), endedCall(3), liveCall(4), line(4, 1, "first"),
                          line(4, 2, "second"), hook(1, "a", call::HookRow::State::dead)}));
  Shell shell(directory.file());
  shell.run("BEGIN IMMEDIATE");
  EXPECT_FALSE(
      put(store, {endedCall(2), line(2, 1, "in memory"), endedCall(4), line(4, 2, ""), line(4, 3, "third"),
                  hook(2, "b", call::HookRow::State::dead), hook(1, "a", call::HookRow::State::done),
                  SaveKey{"k", "digest", idOf(2), start_ms, 201, "{}"}, SaveLeg{"twilio", "CA-lone", start_ms}}));
  const auto two = find(store, idOf(2)), four = find(store, idOf(4)), three = find(store, idOf(3));
  ASSERT_TRUE(two && three && four);
  EXPECT_FALSE(two->stored);
  EXPECT_EQ(two->record.transcript.at(0).text, "in memory");
  EXPECT_EQ(two->record.terms->media_url, "") << "its token is a secret";
  EXPECT_EQ(four->record.status, call::Status::ended);
  ASSERT_EQ(four->record.transcript.size(), 2u);
  EXPECT_EQ(four->record.transcript[0].text, "first");
  EXPECT_EQ(four->record.transcript[1].text, "third");
  EXPECT_TRUE(three->stored);
  EXPECT_EQ(ids(history(store)), (std::vector<std::string>{idOf(4), idOf(3), idOf(2), idOf(1)}));

  // Page by page, whoever of them is in memory; and with a filter.
  std::vector<std::string> paged;
  HistoryQuery query;
  query.limit = 1;
  for (HistoryPage page; paged.size() < 9;) {
    page = historyPage(store, query);
    for (auto& c : page.calls) {
      paged.push_back(c.record.terms->id);
      query.before = paged.back();
      EXPECT_EQ(c.stored, c.record.terms->id == idOf(3)) << query.before;  // call 1 has a hook that waits
    }
    if (page.last) break;
  }
  EXPECT_EQ(paged, (std::vector<std::string>{idOf(4), idOf(3), idOf(2), idOf(1)}));
  query = {};
  query.number = terms(2)->to_number.substr(1);
  EXPECT_EQ(ids(history(store, query)), std::vector<std::string>{idOf(2)});
  query = {};
  query.transcripts = true;
  EXPECT_EQ(history(store, query).at(2).record.transcript.at(0).text, "in memory");

  std::promise<Answer<std::vector<Hook>>> dead;
  store.hooks({call::HookRow::State::dead}, 10,
              [&](Answer<std::vector<Hook>> rows) { dead.set_value(std::move(rows)); });
  const auto rows = dead.get_future().get().value;
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].plugin, "b");
  EXPECT_FALSE(rows[0].stored);
  std::promise<Answer<std::optional<SaveKey>>> key;
  store.findKey("k", [&](Answer<std::optional<SaveKey>> found) { key.set_value(std::move(found)); });
  EXPECT_EQ(key.get_future().get().value->call, idOf(2));
  EXPECT_TRUE(knowsLeg(store, "twilio", "CA-lone"));
  EXPECT_TRUE(knowsLeg(store, "twilio", "CA2"));
  EXPECT_FALSE(knowsLeg(store, "twilio", "CA9"));
  EXPECT_FALSE(store.stored(idOf(2)));
  EXPECT_TRUE(store.stored(idOf(3)));

  shell.run("COMMIT");
  EXPECT_TRUE(eventually([&] { return store.health().ok; }));
  EXPECT_TRUE(store.stored(idOf(2)));
  EXPECT_TRUE(find(store, idOf(2))->stored);
  for (auto& c : history(store)) EXPECT_TRUE(c.stored);
}

TEST(Overlay, WhatSpeaksForTheEndOfALegWaitsAsWell) {
  Directory directory;
  Store store(options(directory.file()), atOnce);
  store.start();
  ASSERT_TRUE(put(store, {liveCall(1)}));
  Shell shell(directory.file());
  shell.run("BEGIN IMMEDIATE");
  SaveCall save = liveCall(1);
  save.witness.stream_stopped = true;
  EXPECT_FALSE(put(store, {save}));
  const auto found = find(store, idOf(1));
  EXPECT_FALSE(found->stored);
  EXPECT_TRUE(found->witness.stream_stopped);
  EXPECT_FALSE(found->witness.unknown_there);
  shell.run("COMMIT");
}

}  // namespace
}  // namespace store_test
