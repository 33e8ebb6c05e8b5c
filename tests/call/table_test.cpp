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

/// A teardown that has released everything, or (kept) one whose notification is still under way.
void end(Table& table, Call& call, bool kept = false) {
  call.teardown = std::make_unique<Teardown>(TeardownLimits{}, 1);
  std::vector<HookSpec> hooks;
  if (kept) hooks.push_back({"n", Phase::notify, 5000});
  call.teardown->begin(hooks, Situation{}, 0);
  call.teardown->give(Phase::notify, "n", 0);
  ASSERT_NE(call.teardown->released(), kept);
  table.leave(call);
}

TEST(Table, FindsACallByEveryNameItHas) {
  Table table;
  Call& call = table.add(record("id-1", "tok", "CA1"));
  table.add(record("id-2"));
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
  table.add(record("id-1"));
  EXPECT_EQ(table.findRemote("carrier", ""), nullptr);
}

TEST(Table, ACallIsFoundByTheNameThatItGotLater) {
  Table table;
  Call& call = table.add(record("id-1"));
  table.setRemote(call, "CA9");
  EXPECT_EQ(call.record.remote_id, "CA9");
  EXPECT_EQ(table.findRemote("carrier", "CA9"), &call);
  table.setRemote(call, "");
  EXPECT_EQ(call.record.remote_id, "CA9") << "a name is not taken away";
}

TEST(Table, ACallThatIsNamedAnewIsNotFoundByItsOldName) {
  Table table(0);
  Call& call = table.add(record("id-1", {}, "CA1"));
  table.setRemote(call, "CA2");
  EXPECT_EQ(table.findRemote("carrier", "CA1"), nullptr);
  EXPECT_EQ(table.findRemote("carrier", "CA2"), &call);
  end(table, call);
  EXPECT_EQ(table.findRemote("carrier", "CA1"), nullptr) << "the call is gone, and so are its names";
  EXPECT_EQ(table.findRemote("carrier", "CA2"), nullptr);
}

TEST(Table, OneThatIsForgottenDoesNotTakeANameAlongThatAnotherHasByNow) {
  Table table(0);
  Call& first = table.add(record("id-1", {}, "CA1"));
  Call& second = table.add(record("id-2", {}, "CA1"));
  end(table, first);
  EXPECT_EQ(table.findRemote("carrier", "CA1"), &second);
}

TEST(Table, ListsLiveCallsInTheOrderOfTheirStart) {
  Table table;
  Call& a = table.add(record("a"));
  Call& b = table.add(record("b"));
  Call& c = table.add(record("c"));
  end(table, b);
  EXPECT_EQ(table.live(), (std::vector<Call*>{&a, &c}));
  EXPECT_EQ(table.find("b"), &b) << "an ended call is still known";
  EXPECT_EQ(table.ended().size(), 1u);
}

TEST(Table, ACallThatHasLeftHasNoTokenAnyMore) {
  Table table;
  Call& call = table.add(record("a", "tok"));
  end(table, call);
  EXPECT_EQ(table.findToken("tok"), nullptr);
}

TEST(Table, ForgetsTheOldestEndedCallsBeyondItsBound) {
  Table table(2);
  for (auto id : {"a", "b", "c", "d"}) end(table, table.add(record(id, {}, std::string("CA-") + id)));
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
  end(table, table.add(record("busy")), true);
  for (auto id : {"a", "b", "c"}) end(table, table.add(record(id)));
  EXPECT_NE(table.find("busy"), nullptr);
  EXPECT_EQ(table.unreleased(), 1u);
  EXPECT_EQ(table.ended().size(), 1u);
  EXPECT_EQ(table.find("a"), nullptr);
}

TEST(Table, ForgetsItWhenItsHooksAreDone) {
  Table table(1);
  Call& busy = table.add(record("busy"));
  end(table, busy, true);
  busy.teardown->hookDone(1, HookRow::State::done, 0, {}, 10);
  EXPECT_EQ(table.unreleased(), 0u);
  end(table, table.add(record("a")));
  EXPECT_EQ(table.find("busy"), nullptr);
  EXPECT_NE(table.find("a"), nullptr);
}

TEST(Table, CallsWithWorkAreForgottenBeyondTheBoundWhenTheirOwnerSaysSo) {
  Table table(2);
  for (const char* id : {"a", "b", "c", "d"}) end(table, table.add(record(id)), true);
  ASSERT_EQ(table.ended().size(), 4u);
  std::vector<std::string> forgotten;
  table.on_forget = [&](const Call& call) { forgotten.push_back(call.id()); };
  table.forgetOld([](const Call& call) { return call.id() != "a"; });
  EXPECT_EQ(forgotten, (std::vector<std::string>{"b", "c"})) << "the oldest first, and no more than it takes";
  EXPECT_NE(table.find("a"), nullptr);
  EXPECT_EQ(table.find("b"), nullptr);
  EXPECT_NE(table.find("d"), nullptr);
}

}  // namespace
}  // namespace call_test
