// The query of GET /api/calls, and history out of the store.
#include "host/base/ids.hpp"
#include "tests/control/support.hpp"

#include <set>
#include <sstream>
#include <thread>

namespace api_test {

using namespace control_test;

namespace {

using testing::HasSubstr;
using testing::Not;

class History : public testing::Test {
 protected:
  void SetUp() override { world.start(); }
  std::string call(const std::string& to = "+15550100002") {
    const auto reply = world.answer("POST", "/api/call", R"({"to":")" + to + R"("})");
    const std::string id = field(reply.body, "call_id");
    world.answer("POST", "/api/calls/" + id + "/end");
    world.settle();
    // The order of what began in the same millisecond is that of the ids.
    for (const auto now = base::Clock::system().unixMs(); base::Clock::system().unixMs() == now;)
      std::this_thread::yield();
    return id;
  }
  /// One of an earlier run, straight into the store.
  void ended(int after_ms, const std::string& text = {}) {
    call::Terms terms;
    terms.id = base::newId();
    terms.carrier = "carrier";
    terms.to_number = "+15550100002";
    std::vector<store::Write> writes;
    if (!text.empty()) writes.push_back(store::SaveLine{terms.id, {1, 0, text, "i", 1}});
    store::SaveCall save;
    save.record.terms = std::make_shared<const call::Terms>(std::move(terms));
    save.record.status = call::Status::ended;
    save.record.started_unix_ms = save.record.ended_unix_ms = began + std::uint64_t(after_ms);
    save.released = true;
    writes.push_back(std::move(save));
    world.store.put(std::move(writes));
  }
  /// Everything, in the parts in which it comes.
  std::vector<std::string> exported() {
    auto reply = world.answer("GET", "/api/calls?state=ended&format=jsonl");
    std::vector<std::string> parts{reply.body};
    for (bool last = !reply.more; !last;) {
      std::promise<void> arrived;
      reply.more([&](std::string part, bool is_last) {
        parts.push_back(std::move(part));
        last = is_last;
        arrived.set_value();
      });
      arrived.get_future().wait();
    }
    return parts;
  }
  static void expectEachOnce(const std::vector<std::string>& parts, std::size_t count) {
    std::set<std::string> ids;
    std::size_t lines = 0;
    for (auto& part : parts) {
      std::istringstream in(part);
      for (std::string line; std::getline(in, line); ++lines) ids.insert(field(line, "call_id"));
    }
    EXPECT_EQ(lines, count);
    EXPECT_EQ(ids.size(), count);
  }
  const std::uint64_t began = base::Clock::system().unixMs();  // too recent to be removed as old
  std::string list(const std::string& more = {}) { return world.answer("GET", "/api/calls?state=ended" + more).body; }
  World world;
};

TEST_F(History, ListsEndedCallsNewestFirst) {
  const std::string a = call(), b = call();
  const std::string body = list();
  ASSERT_NE(body.find(a), std::string::npos) << body;
  EXPECT_LT(body.find(b), body.find(a));
  EXPECT_THAT(body, HasSubstr(R"("outcome":"canceled","ended_by":"api")"));
  EXPECT_THAT(body, HasSubstr(R"("count":2,"next":null)"));
}

TEST_F(History, GoesOnBehindTheLastCallOfAPage) {
  const std::string a = call(), b = call();
  const auto page = world.answer("GET", "/api/calls?state=ended&limit=1");
  EXPECT_THAT(page.body, HasSubstr("\"next\":\"" + b + "\""));
  EXPECT_THAT(page.headers, testing::Contains(testing::Pair("Link", HasSubstr("before=" + b))));
  const std::string rest = list("&limit=1&before=" + b);
  EXPECT_THAT(rest, HasSubstr(a));
  EXPECT_THAT(rest, Not(HasSubstr(b)));
}

TEST_F(History, FiltersByNumberAndOutcome) {
  const std::string a = call("+15550100002"), b = call("+15550100003");
  EXPECT_THAT(list("&number=%2B15550100003"), testing::AllOf(HasSubstr(b), Not(HasSubstr(a))));
  EXPECT_THAT(list("&outcome=busy"), HasSubstr(R"("count":0)"));
}

TEST_F(History, ExportsMoreThanAPageInPartsAndEveryCallOnce) {
  for (int i = 0; i < 250; ++i) ended(i / 3);  // some began in the same millisecond
  const auto parts = exported();
  EXPECT_EQ(parts.size(), 3u);
  expectEachOnce(parts, 250);
}

TEST_F(History, APartOfAnExportIsBoundedByItsTranscriptsToo) {
  for (int i = 0; i < 5; ++i) ended(i, std::string(9 << 20, 'x'));
  const auto parts = exported();
  ASSERT_EQ(parts.size(), 3u);  // two, two, one
  for (auto& part : parts) EXPECT_LT(part.size(), 20u << 20);
  expectEachOnce(parts, 5);
}

TEST_F(History, APageThatItsTranscriptsEndSaysWhereTheNextBegins) {
  for (int i = 0; i < 3; ++i) ended(i, std::string(9 << 20, 'x'));
  const auto page = world.answer("GET", "/api/calls?state=ended&format=jsonl&limit=3");
  EXPECT_EQ(std::count(page.body.begin(), page.body.end(), '\n'), 2);
  const std::string second = field(page.body.substr(page.body.find('\n')), "call_id");
  EXPECT_THAT(page.headers, testing::Contains(testing::Pair("Link", HasSubstr("before=" + second))));
  const auto rest = world.answer("GET", "/api/calls?state=ended&format=jsonl&limit=3&before=" + second);
  EXPECT_EQ(std::count(rest.body.begin(), rest.body.end(), '\n'), 1);
  EXPECT_THAT(rest.headers, Not(testing::Contains(testing::Key("Link"))));
}

TEST_F(History, WithALimitAnExportIsAPage) {
  call();
  call();
  const auto reply = world.answer("GET", "/api/calls?state=ended&format=jsonl&limit=1");
  EXPECT_EQ(std::count(reply.body.begin(), reply.body.end(), '\n'), 1);
  EXPECT_FALSE(reply.more);
  EXPECT_THAT(reply.headers, testing::Contains(testing::Pair("Link", HasSubstr("before="))));
}

TEST_F(History, IsExportedAsJsonLinesWithEverything) {
  const std::string a = call(), b = call();
  const auto reply = world.answer("GET", "/api/calls?state=ended&format=jsonl");
  EXPECT_THAT(reply.headers, testing::Contains(testing::Pair("Content-Type", "application/x-ndjson")));
  EXPECT_EQ(std::count(reply.body.begin(), reply.body.end(), '\n'), 2);
  EXPECT_THAT(reply.body, HasSubstr(R"("transcript":[])"));
  EXPECT_THAT(reply.body, HasSubstr(R"("teardown":[{)"));
}

}  // namespace
}  // namespace api_test
