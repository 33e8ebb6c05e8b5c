// Idempotency-Key of POST /api/call.
#include "tests/control/recovery_support.hpp"

namespace control_test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class Keys : public Recovery {
 protected:
  net::HttpReply place(const std::string& key, const std::string& body = R"({"to":"+15550100002"})") {
    return world.answer("POST", "/api/call", body, {{"Idempotency-Key", key}});
  }
};

TEST_F(Keys, TheSameKeyAndBodyGetTheSameAnswerAndOneCall) {
  world.start();
  const auto first = place("k"), second = place("k");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(first.body, second.body);
  EXPECT_THAT(first.headers, Not(Contains(testing::Key("Idempotent-Replayed"))));
  EXPECT_THAT(second.headers, Contains(testing::Pair("Idempotent-Replayed", "true")));
  EXPECT_EQ(world.carrier().heard("place"), 1u);
}

TEST_F(Keys, AnotherBodyIsAConflict) {
  world.start();
  place("k");
  EXPECT_EQ(place("k", R"({"to":"+15550100003"})").status, 409);
  EXPECT_EQ(world.carrier().heard("place"), 1u);
}

TEST_F(Keys, OneThatIsInProgressIsAConflictThatPasses) {
  world.carrier().on_place = nullptr;
  world.start();
  auto first = world.ask("POST", "/api/call", R"({"to":"+15550100002"})", {{"Idempotency-Key", "k"}});
  ASSERT_TRUE(world.until([&] { return world.carrier().heard("place") == 1; }));
  const auto second = place("k");
  EXPECT_EQ(second.status, 409);
  EXPECT_THAT(second.headers, Contains(testing::Key("Retry-After")));
}

TEST_F(Keys, ARefusalByTheCarrierIsAResultToo) {
  world.carrier().on_place = [](const hks_call& c, hks::Out& out) {
    out.failed(c.msg.id, "Twilio API error: no", 502);
  };
  world.start();
  EXPECT_EQ(place("k").status, 502);
  const auto second = place("k");
  EXPECT_EQ(second.status, 502);
  EXPECT_THAT(second.headers, Contains(testing::Pair("Idempotent-Replayed", "true")));
  EXPECT_EQ(world.carrier().heard("place"), 1u);
}

TEST_F(Keys, WhatWasNotBegunLeavesTheKeyFree) {
  world.defaults.max_concurrent = 1;
  world.limits.confirm_after_ms = 1;
  world.start();
  const std::string id = world.place();
  EXPECT_EQ(place("k").status, 429);
  says(HKS_PHASE_CONFIRM, HKS_OVER);
  world.answer("POST", "/api/calls/" + id + "/end");
  ASSERT_TRUE(world.until([&] { return world.calls->counts().unconfirmed == 0; })) << "until then its leg counts";
  EXPECT_EQ(place("k").status, 201);
}

TEST_F(Keys, AnAnswerIsKeptForADayAndNoLonger) {
  using Kind = control::Idempotency::Verdict::Kind;
  world.start();
  world.on([&] {
    auto& keys = world.calls->idempotency();
    const std::uint64_t day = store::Store::keep_keys_ms, now = base::Clock::system().unixMs();
    EXPECT_EQ(keys.take("k", "body", now).kind, Kind::fresh);
    keys.finish("k", {201, "{}"}, {});
    EXPECT_EQ(keys.take("k", "body", now + day - 1).kind, Kind::replay);
    EXPECT_EQ(keys.take("k", "body", now + day).kind, Kind::fresh);
  });
}

TEST_F(Keys, OneThatIsInProgressIsKeptWhateverTheClockSays) {
  using Kind = control::Idempotency::Verdict::Kind;
  world.start();
  world.on([&] {
    auto& keys = world.calls->idempotency();
    const std::uint64_t day = store::Store::keep_keys_ms, now = base::Clock::system().unixMs();
    keys.take("k", "body", now);
    keys.take("answered", "body", now + 1);
    keys.finish("answered", {201, "{}"}, {});
    EXPECT_EQ(keys.take("k", "body", now + 9 * day).kind, Kind::in_progress);
    EXPECT_EQ(keys.size(), 1u) << "and keeps no other from being forgotten";
    keys.finish("k", {201, "{}"}, {});
    EXPECT_EQ(keys.take("k", "body", now + 9 * day).kind, Kind::fresh);
  });
}

TEST_F(Keys, OneThatHadToMakeRoomStillCountsForItsDay) {
  const std::string body = R"({"to":"+15550100002"})", digest = control::Idempotency::digest(body);
  const std::uint64_t now = base::Clock::system().unixMs();
  const store::SaveKey oldest{"oldest", digest, known_id, now - 60'000, 201, R"({"call_id":"of then"})"};
  store::SaveKey too_old = oldest;
  too_old.key = "too-old";
  too_old.created_unix_ms = now - store::Store::keep_keys_ms - 1;
  world.store.put({oldest, too_old});
  world.unfinished.keys.push_back(oldest);
  for (std::size_t i = 0; i < control::Idempotency::max_keys; ++i)
    world.unfinished.keys.push_back({std::to_string(i), "other", known_id, now, 201, {}});
  world.start();
  const auto again = place("oldest");
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, oldest.body);
  EXPECT_THAT(again.headers, Contains(testing::Pair("Idempotent-Replayed", "true")));
  EXPECT_EQ(place("oldest", R"({"to":"+15550100003"})").status, 409);
  EXPECT_EQ(world.carrier().heard("place"), 0u);
  EXPECT_EQ(world.on([&] { return world.calls->idempotency().size(); }), control::Idempotency::max_keys);
  for (const char* key : {"never-used", "too-old"}) EXPECT_EQ(place(key).status, 201) << key;
  // Two at once both ask the store, and one of them dials.
  auto first = world.ask("POST", "/api/call", body, {{"Idempotency-Key", "twice"}}),
       second = world.ask("POST", "/api/call", body, {{"Idempotency-Key", "twice"}});
  EXPECT_NE(first.get().status, 503);
  EXPECT_NE(second.get().status, 503);
  EXPECT_EQ(world.carrier().heard("place"), 3u);
  world.store.stop();
  EXPECT_EQ(place("another").status, 503) << "nobody knows whether it is one of those";
}

TEST_F(Keys, AKeyIsVisibleAsciiOfABoundedLength) {
  world.start();
  EXPECT_EQ(place("").status, 400);
  EXPECT_EQ(place("a b").status, 400);
  EXPECT_EQ(place(std::string(256, 'k')).status, 400);
  EXPECT_EQ(place(std::string(255, 'k')).status, 201);
}

}  // namespace
}  // namespace control_test
