// What was put is read back: single calls, lists with their filters, and what each of them leaves out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.hpp"

namespace store_test {
namespace {

using call::HookRow;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct Query : testing::Test {
  Directory directory;
  Store store{options(directory.file()), atOnce};
  void SetUp() override { store.start(); }
};

TEST_F(Query, ReadsBackEveryFieldOfACallButItsMediaUrl) {
  SaveCall save = endedCall(1);
  auto t = terms(1);
  t->direction = call::Direction::incoming;
  save.record.terms = t;
  save.record.outcome = call::Outcome::no_answer;
  save.record.ended_by = call::EndedBy::recovery;
  save.record.transcript_cut = true;
  ASSERT_TRUE(put(
      store, {save, line(1, 1, "Hello, ünïcode 💬"), line(1, 2, "Hi"), hook(1, "telegram", HookRow::State::retrying)}));
  const auto found = find(store, idOf(1));
  ASSERT_TRUE(found);
  const auto &r = found->record, &in = save.record;
  EXPECT_EQ(r.terms->id, t->id);
  EXPECT_EQ(r.terms->carrier, "twilio");
  EXPECT_EQ(r.terms->voice, "openai");
  EXPECT_EQ(r.terms->to_number, t->to_number);
  EXPECT_EQ(r.terms->from_number, t->from_number);
  EXPECT_EQ(r.terms->base_url, t->base_url);
  EXPECT_EQ(r.terms->media_url, "");
  EXPECT_EQ(r.terms->prompt, t->prompt);
  EXPECT_EQ(r.terms->greeting, t->greeting);
  EXPECT_EQ(r.terms->metadata_json, t->metadata_json);
  EXPECT_EQ(r.terms->direction, call::Direction::incoming);
  EXPECT_EQ(r.terms->max_duration_s, 600u);
  EXPECT_EQ(r.terms->ring_timeout_s, 25u);
  EXPECT_EQ(r.remote_id, "CA1");
  EXPECT_EQ(r.status, call::Status::ended);
  EXPECT_EQ(r.started_unix_ms, in.started_unix_ms);
  EXPECT_EQ(r.answered_unix_ms, in.answered_unix_ms);
  EXPECT_EQ(r.ended_unix_ms, in.ended_unix_ms);
  EXPECT_EQ(r.outcome, call::Outcome::no_answer);
  EXPECT_EQ(r.ended_by, call::EndedBy::recovery);
  EXPECT_EQ(r.reason, in.reason);
  EXPECT_TRUE(r.transcript_cut);
  EXPECT_TRUE(found->leg_over);
  EXPECT_TRUE(found->released);
  ASSERT_THAT(r.transcript, SizeIs(2));
  EXPECT_EQ(r.transcript[0].text, "Hello, ünïcode 💬");
  EXPECT_EQ(r.transcript[0].speaker, 1);
  EXPECT_EQ(r.transcript[0].number, 1u);
  EXPECT_EQ(r.transcript[0].item, "item_1");
  EXPECT_EQ(r.transcript[0].at_unix_ms, start_ms + 1001);
  EXPECT_EQ(r.transcript[1].speaker, 2);
  EXPECT_EQ(r.last_line, 2u);
  EXPECT_EQ(r.transcript_bytes, r.transcript[0].text.size() + 2);
  ASSERT_THAT(found->hooks, SizeIs(1));
  const auto &h = found->hooks[0], expected = hook(1, "telegram", HookRow::State::retrying).hook;
  EXPECT_EQ(h.call, idOf(1));
  EXPECT_EQ(h.phase, call::Phase::notify);
  EXPECT_EQ(h.plugin, "telegram");
  EXPECT_EQ(h.state, HookRow::State::retrying);
  EXPECT_EQ(h.attempts, 3u);
  EXPECT_EQ(h.deadline_ms, 15'000u);
  EXPECT_EQ(h.first_unix_ms, expected.first_unix_ms);
  EXPECT_EQ(h.next_unix_ms, expected.next_unix_ms);
  EXPECT_EQ(h.ms, 1234u);
  EXPECT_EQ(h.error, expected.error);
}

TEST_F(Query, TheTokenIsNowhereInTheFiles) {
  ASSERT_TRUE(put(store, {liveCall(1)}));
  EXPECT_EQ(readFile(directory.file()).find("SECRET-TOKEN"), std::string::npos);
  EXPECT_EQ(readFile(directory.file() + "-wal").find("SECRET-TOKEN"), std::string::npos);
  EXPECT_NE(readFile(directory.file() + "-wal").find("You are polite"), std::string::npos);  // the search would find it
}

TEST_F(Query, AUnknownCallIsNotFound) { EXPECT_FALSE(find(store, idOf(9))); }

TEST_F(Query, TextsWithNulAndQuotesSurvive) {
  SaveCall save = liveCall(1);
  auto t = terms(1);
  t->prompt = std::string("a\0b", 3) + "'; DROP TABLE calls; --";
  save.record.terms = t;
  ASSERT_TRUE(put(store, {save, line(1, 1, std::string("x\0y", 3))}));
  const auto found = find(store, idOf(1));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->record.terms->prompt, t->prompt);
  EXPECT_EQ(found->record.transcript.at(0).text, std::string("x\0y", 3));
}

TEST_F(Query, TheNewestOfARowCounts) {
  ASSERT_TRUE(put(store, {liveCall(1), line(1, 1, "Hel"), line(1, 1, "Hello"), line(1, 2, "taken back"),
                          hook(1, "a", HookRow::State::pending)}));
  ASSERT_TRUE(put(store, {endedCall(1), line(1, 2, ""), hook(1, "a", HookRow::State::done)}));
  const auto found = find(store, idOf(1));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->record.status, call::Status::ended);
  ASSERT_THAT(found->record.transcript, SizeIs(1));
  EXPECT_EQ(found->record.transcript[0].text, "Hello");
  ASSERT_THAT(found->hooks, SizeIs(1));
  EXPECT_EQ(found->hooks[0].state, HookRow::State::done);
}

TEST_F(Query, HistoryIsNewestFirstAndOnlyWhatHasEnded) {
  ASSERT_TRUE(put(store, {endedCall(1), endedCall(3, false), liveCall(4), endedCall(2)}));
  EXPECT_THAT(ids(history(store)), ElementsAre(idOf(3), idOf(2), idOf(1)));
}

TEST_F(Query, HistoryPagesWithoutALossWhereCallsStartedInTheSameMillisecond) {
  std::vector<Write> calls;
  for (unsigned n = 1; n <= 25; ++n) {
    auto save = endedCall(n);
    save.record.started_unix_ms = start_ms + n / 10;
    calls.push_back(save);
  }
  ASSERT_TRUE(put(store, calls));
  std::vector<std::string> all;
  HistoryQuery query;
  query.limit = 4;
  for (;;) {
    const auto page = ids(history(store, query));
    if (page.empty()) break;
    EXPECT_LE(page.size(), 4u);
    all.insert(all.end(), page.begin(), page.end());
    query.before = page.back();
  }
  ASSERT_THAT(all, SizeIs(25));
  for (unsigned n = 1; n <= 25; ++n) EXPECT_EQ(all[n - 1], idOf(26 - n));
  query.before = idOf(99);  // a call that is not known has none before it
  EXPECT_THAT(history(store, query), IsEmpty());
}

TEST_F(Query, HistoryFiltersByNumberOutcomeAndTime) {
  auto busy = endedCall(2);
  busy.record.outcome = call::Outcome::busy;
  auto other = endedCall(3);
  auto t = terms(3);
  t->from_number = "+15550100777";
  t->to_number = "+15550100001";
  other.record.terms = t;
  ASSERT_TRUE(put(store, {endedCall(1), busy, other, endedCall(4)}));
  HistoryQuery q;
  q.number = "+15550100777";
  EXPECT_THAT(ids(history(store, q)), ElementsAre(idOf(3)));
  q.number = "+15550100001";  // our own of most, the other party of one
  EXPECT_THAT(ids(history(store, q)), ElementsAre(idOf(4), idOf(3), idOf(2), idOf(1)));
  q.limit = 2;
  q.before = idOf(4);
  EXPECT_THAT(ids(history(store, q)), ElementsAre(idOf(3), idOf(2)));
  q.limit = 100;
  q.outcome = call::Outcome::completed;
  q.before = idOf(4);
  q.from_unix_ms = start_ms + 1000;
  q.to_unix_ms = start_ms + 3000;  // call 3 is just outside, call 1 just inside
  EXPECT_THAT(ids(history(store, q)), ElementsAre(idOf(1)));
  HistoryQuery only;
  only.outcome = call::Outcome::busy;
  EXPECT_THAT(ids(history(store, only)), ElementsAre(idOf(2)));
}

TEST_F(Query, HistoryBringsTranscriptsAndHooksOnRequest) {
  ASSERT_TRUE(
      put(store, {endedCall(1), line(1, 1, "a"), endedCall(2), line(2, 1, "b"), hook(2, "x", HookRow::State::done)}));
  HistoryQuery q;
  EXPECT_THAT(history(store, q).at(0).record.transcript, IsEmpty());
  q.transcripts = true;
  const auto all = history(store, q);
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].record.transcript.at(0).text, "b");
  EXPECT_THAT(all[0].hooks, SizeIs(1));
  EXPECT_EQ(all[1].record.transcript.at(0).text, "a");
}

TEST_F(Query, APageEndsWithTheCallThatFillsItAndSaysWhetherThereIsMore) {
  std::vector<Write> writes;
  for (unsigned n = 1; n <= 5; ++n) {
    writes.push_back(endedCall(n));
    writes.push_back(line(n, 1, std::string(n == 4 ? 100'000 : 40'000, 'x')));
  }
  ASSERT_TRUE(put(store, writes));
  HistoryQuery q;
  q.page_bytes = 100'000;
  EXPECT_TRUE(historyPage(store, q).last) << "no transcripts, no bound";
  q.transcripts = true;
  const std::vector<std::vector<std::string>> pages{{idOf(5), idOf(4)}, {idOf(3), idOf(2), idOf(1)}};
  for (const auto& expected : pages) {
    const auto page = historyPage(store, q);
    EXPECT_EQ(ids(page.calls), expected);
    EXPECT_EQ(page.last, &expected == &pages.back());
    for (const auto& call : page.calls) EXPECT_EQ(call.record.transcript.size(), 1u);
    q.before = page.calls.back().record.terms->id;
  }
  q.before.clear();
  q.page_bytes = 1;
  EXPECT_THAT(ids(history(store, q)), ElementsAre(idOf(5))) << "a page is never empty";
}

TEST_F(Query, HooksAreFoundByTheirState) {
  using State = HookRow::State;
  ASSERT_TRUE(put(store, {hook(1, "a", State::failed), hook(2, "b", State::retrying), hook(3, "c", State::done),
                          hook(4, "d", State::failed)}));
  std::promise<Answer<std::vector<Hook>>> dead, none;
  store.hooks({State::failed}, 100, [&](Answer<std::vector<Hook>> found) { dead.set_value(std::move(found)); });
  store.hooks({}, 100, [&](Answer<std::vector<Hook>> found) { none.set_value(std::move(found)); });
  const auto rows = dead.get_future().get().value;
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].plugin, "d");
  EXPECT_EQ(rows[1].plugin, "a");
  EXPECT_THAT(none.get_future().get().value, IsEmpty());
}

TEST_F(Query, EveryStateAndPhaseOfAHookReadsBack) {
  std::vector<Write> rows;
  for (int state = 1; state <= int(HookRow::State::discarded); ++state)
    rows.push_back(hook(1, std::string(1, char('a' + state)), HookRow::State(state)));
  for (int phase = 1; phase <= int(call::Phase::settle); ++phase) {
    auto row = hook(1, "phases", HookRow::State::done);
    row.hook.phase = call::Phase(phase);
    rows.push_back(row);
  }
  rows.push_back(liveCall(1));
  ASSERT_TRUE(put(store, rows));
  const auto found = find(store, idOf(1));
  ASSERT_EQ(found->hooks.size(), rows.size() - 1);
  int phases = 0;
  for (const auto& row : found->hooks) {
    if (row.plugin == "phases")
      EXPECT_EQ(int(row.phase), ++phases);
    else
      EXPECT_EQ(int(row.state), row.plugin[0] - 'a');
  }
}

TEST_F(Query, ANumberIsFoundWithAndWithoutItsPlus) {
  SaveCall plain = endedCall(2);
  auto terms = std::make_shared<call::Terms>(*plain.record.terms);
  terms->from_number = "15550100777";  // as a carrier gave it
  plain.record.terms = terms;
  ASSERT_TRUE(put(store, {endedCall(1), plain}));
  for (const char* number : {"+15550101001", "15550101001"}) {
    HistoryQuery q;
    q.number = number;
    EXPECT_THAT(ids(history(store, q)), ElementsAre(idOf(1))) << number;
  }
  for (const char* number : {"+15550100777", "15550100777"}) {
    HistoryQuery q;
    q.number = number;
    q.outcome = call::Outcome::completed;
    q.from_unix_ms = start_ms;
    q.to_unix_ms = start_ms + 60'000;
    q.before = idOf(9);
    EXPECT_THAT(history(store, q), IsEmpty()) << "a page behind a call that nobody knows";
    q.before.clear();
    q.limit = 1;
    EXPECT_THAT(ids(history(store, q)), ElementsAre(idOf(2))) << number;
  }
}

TEST_F(Query, ALineThatWasCutReadsBackAsSuch) {
  SaveLine cut = line(1, 1, "a long story");
  cut.line.cut = true;
  ASSERT_TRUE(put(store, {endedCall(1), cut, line(1, 2, "short")}));
  const auto found = find(store, idOf(1));
  EXPECT_TRUE(found->record.transcript.at(0).cut);
  EXPECT_FALSE(found->record.transcript.at(1).cut);
}

TEST_F(Query, KnowsTheBasesOfItsCalls) {
  ASSERT_TRUE(put(store, {liveCall(1)}));
  std::promise<Answer<bool>> known, unknown;
  store.knowsBase("https://gateway.example/base", [&](Answer<bool> yes) { known.set_value(yes); });
  store.knowsBase("https://elsewhere.example", [&](Answer<bool> yes) { unknown.set_value(yes); });
  EXPECT_TRUE(known.get_future().get().value);
  EXPECT_FALSE(unknown.get_future().get().value);
}

TEST_F(Query, FindsAKeyByItself) {
  ASSERT_TRUE(
      put(store, {SaveKey{"a", "digest", idOf(1), start_ms, 201, "{}"}, SaveKey{"b", "", "", start_ms, 502, ""}}));
  std::promise<Answer<std::optional<SaveKey>>> known, unknown;
  store.findKey("a", [&](Answer<std::optional<SaveKey>> key) { known.set_value(std::move(key)); });
  store.findKey("c", [&](Answer<std::optional<SaveKey>> key) { unknown.set_value(std::move(key)); });
  const auto a = known.get_future().get(), c = unknown.get_future().get();
  ASSERT_TRUE(a.value);
  EXPECT_EQ(a.value->body_digest, "digest");
  EXPECT_EQ(a.value->call, idOf(1));
  EXPECT_EQ(a.value->created_unix_ms, start_ms);
  EXPECT_EQ(a.value->status, 201);
  EXPECT_EQ(a.value->body, "{}");
  EXPECT_TRUE(c.readable);
  EXPECT_FALSE(c.value);
}

TEST_F(Query, AStartFindsWhatIsUnfinishedOldestFirstAndTheKeysThatStillCount) {
  const std::uint64_t now = start_ms + 3600'000, day = 24ull * 3600 * 1000;
  ASSERT_TRUE(put(store, {liveCall(3), line(3, 1, "c"), line(3, 2, "d"), endedCall(2, false),
                          hook(2, "t", HookRow::State::retrying), endedCall(1), line(1, 1, "x"),
                          SaveKey{"fresh", "digest", idOf(3), now - day + 1, 201, R"({"call_id":"x"})"},
                          SaveKey{"old", "digest", "", now - day - 1, 201, ""},
                          SaveKey{"old but unanswered", "digest", idOf(3), now - 9 * day, 0, ""},
                          SaveKey{"dropped", "digest", "", now, 0, ""}, DropKey{"dropped"}}));
  store.stop();
  Store again(options(directory.file()), atOnce);
  const auto found = again.loadUnfinished();
  EXPECT_THAT(ids(found.calls), ElementsAre(idOf(2), idOf(3)));
  EXPECT_THAT(found.calls[0].hooks, SizeIs(1));
  ASSERT_THAT(found.calls[1].record.transcript, SizeIs(2));
  EXPECT_EQ(found.calls[1].record.transcript[1].text, "d");
  EXPECT_EQ(found.calls[1].record.last_line, 2u);
  ASSERT_THAT(found.keys, SizeIs(2));
  EXPECT_EQ(found.keys[0].key, "old but unanswered");
  EXPECT_EQ(found.keys[1].key, "fresh");
  EXPECT_EQ(found.keys[1].body_digest, "digest");
  EXPECT_EQ(found.keys[1].call, idOf(3));
  EXPECT_EQ(found.keys[1].status, 201);
  EXPECT_EQ(found.keys[1].body, R"({"call_id":"x"})");
}

}  // namespace
}  // namespace store_test
