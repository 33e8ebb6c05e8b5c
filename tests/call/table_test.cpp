#include "host/call/table.hpp"

#include <gtest/gtest.h>

namespace call_test {
namespace {

using namespace hookswitch::call;

Record record(const std::string& id, const std::string& token = {}, const std::string& remote = {}) {
  auto terms = std::make_shared<Terms>();
  terms->id = id;
  terms->carrier = "carrier";
  terms->media_url = "wss://gateway.example/carrier/stream/" + (token.empty() ? "token-of-" + id : token);
  Record r;
  r.terms = terms;
  r.remote_id = remote;
  return r;
}

/// One whose calls have nobody to tell, and one whose calls are told of to a plugin that does not answer.
const Setting& setting(bool told = false) {
  static const Setting nobody = [] {
    Setting s;
    s.hooks = [](const std::string&) { return std::vector<HookSpec>{}; };
    return s;
  }();
  static const Setting somebody = [] {
    Setting s;
    s.hooks = [](const std::string&) { return std::vector<HookSpec>{{"n", Phase::notify, 5000}}; };
    return s;
  }();
  return told ? somebody : nobody;
}

Call& add(Table& table, Record r, bool told = false) {
  const Leg leg = r.remote_id.empty() ? Leg::none : Leg::named;
  return table.add(std::move(r), leg, setting(told));
}

/// A call that has released everything, or (told) one whose notification is still under way.
void end(Table& table, Call& call, bool told = false) {
  call.life.end(EndedBy::api, "enough", std::nullopt, {});
  call.life.teardown().give(Phase::notify, "n", 0);
  ASSERT_NE(call.life.teardown().released(), told);
  table.leave(call);
}

/// The carrier gives the call this name.
void named(Table& table, Call& call, const std::string& remote_id) {
  call.life.named(remote_id, {});
  table.index(call);
}

TEST(Table, FindsACallByEveryNameItHas) {
  Table table;
  Call& call = add(table, record("id-1", "tok", "CA1"));
  add(table, record("id-2"));
  EXPECT_EQ(table.find("id-1"), &call);
  EXPECT_EQ(table.findRemote("carrier", "CA1"), &call);
  EXPECT_EQ(table.findToken("tok"), &call);
  EXPECT_EQ(table.find("id-3"), nullptr);
  EXPECT_EQ(table.findRemote("another", "CA1"), nullptr) << "carriers do not see each other's calls";
  EXPECT_EQ(table.findRemote("carrier", "CA2"), nullptr);
  EXPECT_EQ(table.findToken("to"), nullptr);
  EXPECT_EQ(table.findToken(""), nullptr);
}

TEST(Table, ACallWithoutARemoteIdIsNotFoundByAnEmptyOne) {
  Table table;
  add(table, record("id-1"));
  EXPECT_EQ(table.findRemote("carrier", ""), nullptr);
}

TEST(Table, ACallIsFoundByTheNameThatItGotLater) {
  Table table;
  Call& call = add(table, record("id-1"));
  named(table, call, "CA9");
  EXPECT_EQ(call.record.remote_id, "CA9");
  EXPECT_EQ(table.findRemote("carrier", "CA9"), &call);
  named(table, call, "");
  EXPECT_EQ(call.record.remote_id, "CA9") << "a name is not taken away";
}

TEST(Table, ACallThatIsNamedAnewIsNotFoundByItsOldName) {
  Table table(0);
  Call& call = add(table, record("id-1", {}, "CA1"));
  named(table, call, "CA2");
  EXPECT_EQ(table.findRemote("carrier", "CA1"), nullptr);
  EXPECT_EQ(table.findRemote("carrier", "CA2"), &call);
  end(table, call);
  EXPECT_EQ(table.findRemote("carrier", "CA1"), nullptr) << "the call is gone, and so are its names";
  EXPECT_EQ(table.findRemote("carrier", "CA2"), nullptr);
}

TEST(Table, OneThatIsForgottenDoesNotTakeANameAlongThatAnotherHasByNow) {
  Table table(0);
  Call& first = add(table, record("id-1", {}, "CA1"));
  Call& second = add(table, record("id-2", {}, "CA1"));
  end(table, first);
  EXPECT_EQ(table.findRemote("carrier", "CA1"), &second);
}

TEST(Table, ListsLiveCallsInTheOrderOfTheirStart) {
  Table table;
  Call& a = add(table, record("a"));
  Call& b = add(table, record("b"));
  Call& c = add(table, record("c"));
  end(table, b);
  EXPECT_EQ(table.live(), (std::vector<Call*>{&a, &c}));
  EXPECT_EQ(table.find("b"), &b) << "an ended call is still known";
  EXPECT_EQ(table.ended().size(), 1u);
}

TEST(Table, ACallThatHasLeftHasNoTokenAnyMore) {
  Table table;
  Call& call = add(table, record("a", "tok"));
  end(table, call);
  EXPECT_EQ(table.findToken("tok"), nullptr);
}

TEST(Table, ForgetsTheOldestEndedCallsBeyondItsBound) {
  Table table(2);
  for (auto id : {"a", "b", "c", "d"}) end(table, add(table, record(id, {}, std::string("CA-") + id)));
  EXPECT_EQ(table.ended().size(), 2u);
  EXPECT_EQ(table.find("a"), nullptr);
  EXPECT_EQ(table.find("b"), nullptr);
  EXPECT_NE(table.find("c"), nullptr);
  EXPECT_NE(table.find("d"), nullptr);
  EXPECT_EQ(table.findRemote("carrier", "CA-a"), nullptr);
  EXPECT_NE(table.findRemote("carrier", "CA-d"), nullptr);
}

TEST(Table, KeepsACallWithUnfinishedHooksWhateverItsAge) {
  Table table(1);
  end(table, add(table, record("busy"), true), true);
  for (auto id : {"a", "b", "c"}) end(table, add(table, record(id)));
  EXPECT_NE(table.find("busy"), nullptr);
  EXPECT_FALSE(table.find("busy")->life.teardown().released());
  EXPECT_EQ(table.ended().size(), 1u);
  EXPECT_EQ(table.find("a"), nullptr);
}

TEST(Table, ForgetsItWhenItsHooksAreDone) {
  Table table(1);
  Call& busy = add(table, record("busy"), true);
  end(table, busy, true);
  for (auto& row : busy.life.teardown().rows())
    if (row.phase == Phase::notify) busy.life.teardown().hookDone(row.id, HookRow::State::done, 0, {}, 10);
  EXPECT_TRUE(busy.life.teardown().released());
  end(table, add(table, record("a")));
  EXPECT_EQ(table.find("busy"), nullptr);
  EXPECT_NE(table.find("a"), nullptr);
}

TEST(Table, CallsWithWorkAreForgottenBeyondTheBoundWhenTheirOwnerSaysSo) {
  Table table(2);
  for (const char* id : {"a", "b", "c", "d"}) end(table, add(table, record(id), true), true);
  ASSERT_EQ(table.ended().size(), 4u);
  std::vector<std::string> forgotten;
  table.forgetOld([&](const Call& call) {
    if (call.id() == "a") return false;
    forgotten.push_back(call.id());
    return true;
  });
  EXPECT_EQ(forgotten, (std::vector<std::string>{"b", "c"})) << "the oldest first, and no more than it takes";
  EXPECT_NE(table.find("a"), nullptr);
  EXPECT_EQ(table.find("b"), nullptr);
  EXPECT_NE(table.find("d"), nullptr);
}

}  // namespace
}  // namespace call_test
