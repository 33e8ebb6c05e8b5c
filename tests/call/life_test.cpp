// The life of a call event by event, where the order matters most.
#include "host/call/life.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace call_test {
namespace {

using namespace hookswitch::call;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LifeOfACall : public testing::Test {
 protected:
  LifeOfACall() {
    setting.hooks = [](const std::string&) {
      return std::vector<HookSpec>{{"carrier", Phase::hangup}, {"n", Phase::started}, {"n", Phase::notify}};
    };
  }
  Record record(const std::string& remote_id = {}) const {
    auto terms = std::make_shared<Terms>();
    terms->id = "id";
    terms->carrier = "carrier";
    terms->ring_timeout_s = 20;
    terms->max_duration_s = 100;
    Record r;
    r.terms = terms;
    r.remote_id = remote_id;
    r.started_unix_ms = now.unix_ms;
    r.started_ms = now.all_ms;
    return r;
  }
  void pass(std::uint64_t ms) { now.lived_ms += ms, now.all_ms += ms, now.unix_ms += ms; }
  static std::vector<std::string> did(const Effects& effects) {
    static const char* const deeds[] = {"", "dial", "accept", "placed", "ask"};
    std::vector<std::string> out;
    for (auto& deed : effects.deeds) {
      if (deed.kind != Deed::Kind::teardown)
        out.push_back(deeds[std::size_t(deed.kind)]);
      else if (deed.action.kind == Action::Kind::send_hook || deed.action.kind == Action::Kind::line_up)
        out.push_back(std::string(name(deed.action.phase)) + ":" + deed.action.plugin);
    }
    return out;
  }

  Setting setting;
  Now now{50'000, 90'000, 1'700'000'000'000};
};

TEST_F(LifeOfACall, WhoeverAskedForItHearsThatItIsPlacedBeforeAnybodyElseIsTold) {
  Life life(record(), Leg::dialling, setting, 1000);
  EXPECT_THAT(did(life.place()), ElementsAre("dial"));
  life.dialled(now);
  EXPECT_THAT(did(life.placed("CA1", now)), ElementsAre("placed", "started:n"));
}

TEST_F(LifeOfACall, ACallThatRingsTooLongIsAskedAboutBeforeItIsEnded) {
  Life life(record(), Leg::dialling, setting, 1000);
  life.dialled(now);
  life.placed("CA1", now);
  ASSERT_TRUE(life.nextTick());
  pass(*life.nextTick() - now.lived_ms);
  EXPECT_THAT(did(life.tick(now)), ElementsAre("ask"));
  EXPECT_EQ(life.record().status, Status::initiating) << "its end waits for the carrier's word";
  EXPECT_THAT(did(life.asked(now)), ElementsAre("hangup:carrier"));
  EXPECT_EQ(life.record().outcome, Outcome::no_answer);
  EXPECT_THAT(life.record().reason, HasSubstr("nobody answered within 20 s"));
}

TEST_F(LifeOfACall, OneThatWasAnsweredMeanwhileGoesOn) {
  Life life(record(), Leg::dialling, setting, 1000);
  life.dialled(now);
  life.placed("CA1", now);
  pass(*life.nextTick() - now.lived_ms);
  life.tick(now);
  life.answered({}, now);
  EXPECT_THAT(did(life.asked(now)), IsEmpty());
  EXPECT_EQ(life.record().status, Status::in_progress);
}

TEST_F(LifeOfACall, AnEndThatWasUnderWayKeepsItsReasonOverARestart) {
  Record left = record("CA1");
  left.status = Status::ending;
  left.ended_by = EndedBy::api;
  left.outcome = Outcome::completed;
  left.reason = "ended through the API";
  Life life(std::move(left), Leg::named, setting, 1000);
  life.restore({}, false, {});
  life.recover("the gateway was restarted", std::nullopt, now);
  EXPECT_EQ(life.record().ended_by, EndedBy::api);
  EXPECT_EQ(life.record().reason, "ended through the API");
  LegNews news;
  news.outcome = Outcome::busy;
  life.over(news, now);
  EXPECT_EQ(life.record().outcome, Outcome::completed) << "what the carrier says counts for ends that nobody knew of";
}

TEST_F(LifeOfACall, ALegWhoseRequestFailedWhileTheCallEndedIsHungUpWhenItTurnsUp) {
  Life life(record(), Leg::dialling, setting, 1000);
  life.dialled(now);
  life.end(EndedBy::api, "enough", std::nullopt, now);
  EXPECT_THAT(did(life.failed("busy here", now)), ElementsAre("notify:n")) << "there is nothing to hang up";
  EXPECT_FALSE(life.legOver());
  EXPECT_EQ(life.unconfirmedSince(), 0u);
  EXPECT_THAT(did(life.named("CA1", now)), ElementsAre("hangup:carrier"));
}

TEST_F(LifeOfACall, ACallThatIsAnsweredAndHeardIsEndedAtItsMaximumDurationByTheClockThatNeverStops) {
  Life life(record("CA1"), Leg::named, setting, 1000);
  life.answered({}, now);
  life.mediaUp();
  EXPECT_FALSE(life.nextTick()) << "nothing is judged by its silence any more";
  ASSERT_TRUE(life.nextTickAll());
  EXPECT_EQ(*life.nextTickAll(), now.all_ms + 100'000);
  now.all_ms += 100'000;  // the process stood still meanwhile
  now.unix_ms += 100'000;
  life.tick(now);
  EXPECT_EQ(life.record().ended_by, EndedBy::limit);
  EXPECT_EQ(life.record().outcome, Outcome::completed);
}

/// A leg that the carrier's own time limit has ended; it is the maximum duration of the call, 100 s.
class CarriersLimit : public LifeOfACall {
 protected:
  CarriersLimit() : life(record("CA1"), Leg::named, setting, 1000) {
    life.answered({}, now);
    life.mediaUp();
  }
  static LegNews over(std::uint64_t duration_ms, std::uint32_t unit_ms = 1000) {
    LegNews news;
    news.outcome = Outcome::completed;
    news.times = {0, duration_ms, unit_ms};
    return news;
  }
  EndedBy by() const { return life.record().ended_by; }
  Life life;
};

TEST_F(CarriersLimit, IsTheLimitHoweverLateWeHaveHeardOfTheAnswer) {
  pass(30'000);  // the news of the answer was 70 s late
  life.over(over(100'000), now);
  EXPECT_EQ(by(), EndedBy::limit);
  EXPECT_EQ(life.record().outcome, Outcome::completed);
}

TEST_F(CarriersLimit, IsNotWhatEndedALegThatWasUpForLessHoweverLateWeHaveHeardOfTheEnd) {
  pass(99'500);
  life.over(over(42'000), now);
  EXPECT_EQ(by(), EndedBy::carrier);
}

TEST_F(CarriersLimit, OfACarrierThatCountsMillisecondsMayCutALittleEarly) {
  pass(60'000);
  life.over(over(99'900, 1), now);
  EXPECT_EQ(by(), EndedBy::limit);
}

TEST_F(CarriersLimit, IsKnownByOurOwnClockWhenTheCarrierSaysNoDuration) {
  pass(98'600);
  life.over(over(0), now);
  EXPECT_EQ(by(), EndedBy::limit) << "within the 1.5 s by which news may be late";
}

TEST_F(CarriersLimit, IsFoundOutWhenTheCarriersStreamEndsBeforeItSaysHowLongTheLegWasUp) {
  pass(30'000);
  life.end(EndedBy::carrier, "the carrier closed the media stream", std::nullopt, now);
  EXPECT_EQ(by(), EndedBy::carrier) << "as far as our clock knows";
  life.over(over(100'000), now);
  EXPECT_EQ(by(), EndedBy::limit);
  EXPECT_EQ(life.record().reason, "the carrier closed the media stream");
}

TEST_F(CarriersLimit, IsRuledOutByAShorterDurationThoughOurClockThoughtSo) {
  pass(99'000);
  life.end(EndedBy::carrier, "the carrier closed the media stream", std::nullopt, now);
  EXPECT_EQ(by(), EndedBy::limit) << "as far as our clock knows";
  life.over(over(97'000), now);
  EXPECT_EQ(by(), EndedBy::carrier);
}

TEST_F(CarriersLimit, ChangesNothingOfAnEndThatBeganElsewhere) {
  life.end(EndedBy::api, "enough", std::nullopt, now);
  life.over(over(100'000), now);
  EXPECT_EQ(by(), EndedBy::api);
}

}  // namespace
}  // namespace call_test
