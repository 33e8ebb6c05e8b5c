// The flight recorder's ring, and what it is told of a call's machine.
#include "host/call/trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "host/call/course.hpp"

using namespace hookswitch::call;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

std::vector<std::string> words(const Trace& trace) {
  std::vector<std::string> out;
  for (auto& event : trace.events()) out.push_back(name(event.what) + (event.text ? " " + *event.text : std::string()));
  return out;
}

TEST(Trace, KeepsTheNewestEventsAndCountsTheOthers) {
  Trace trace(3);
  for (std::uint64_t i = 1; i <= 5; ++i) trace.note(i, What::tool, i, std::to_string(i));
  EXPECT_THAT(words(trace), ElementsAre("tool 3", "tool 4", "tool 5"));
  EXPECT_EQ(trace.events()[0].at_ms, 3u);
  EXPECT_EQ(trace.forgotten(), 2u);
}

TEST(Trace, WhatHappensAgainIsCountedWhereItStands) {
  Trace trace(4);
  trace.note(10, What::frame_late, 30);
  trace.note(20, What::frame_late, 80);
  trace.note(35, What::frame_late, 50);
  trace.note(40, What::playout_dry);
  trace.note(50, What::frame_late, 1);
  const auto events = trace.events();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].count, 3u);
  EXPECT_EQ(events[0].at_ms, 10u);
  EXPECT_EQ(events[0].lasted_ms, 25u);
  EXPECT_EQ(events[0].value, 80u) << "the worst";
  EXPECT_EQ(events[2].count, 1u);
}

TEST(Trace, TheNewestIsFoundAlsoWhenTheRingHasTurned) {
  Trace trace(2);
  for (const char* text : {"a", "b", "c", "c", "c"}) trace.note(1, What::voice, 0, text);
  EXPECT_THAT(words(trace), ElementsAre("voice b", "voice c"));
  EXPECT_EQ(trace.events()[1].count, 3u);
}

TEST(Trace, KeepsLateTimesAndTheTextsOfThoseThatAreLeft) {
  Trace trace(3);
  const std::uint64_t late = 0xABCD'0000'0000u + 5;
  for (std::uint64_t i = 0; i < 500; ++i) {
    trace.note(late + 2 * i, What::voice, 0, "a" + std::to_string(i));
    trace.note(late + 2 * i + 1, What::named);
  }
  EXPECT_THAT(words(trace), ElementsAre("named", "voice a499", "named"));
  EXPECT_EQ(trace.events()[2].at_ms, late + 999);
}

TEST(Trace, ALongTextIsCutBetweenTwoCharacters) {
  Trace trace;
  std::string text(Trace::max_text - 1, 'x');
  trace.note(1, What::hook, 0, text + "\xC3\xA4 and more");
  trace.note(2, What::hook, 0, text + "\xC3\xA4 and more");
  EXPECT_EQ(*trace.events()[0].text, text);
  EXPECT_EQ(trace.events()[0].count, 2u) << "it is the same text";
}

TEST(Trace, EveryEventHasANameOfItsOwn) {
  std::set<std::string> names;
  for (int i = 1; i <= int(What::refused); ++i) names.insert(name(What(i)));
  for (int i = int(What::carrier_up); i <= int(What::stopped); ++i) names.insert(name(What(i)));
  EXPECT_EQ(names.size(), std::size_t(What::refused) + std::size_t(What::stopped) - std::size_t(What::carrier_up) + 1);
  EXPECT_FALSE(names.count("unknown"));
}

class CourseTest : public testing::Test {
 protected:
  CourseTest() {
    setting.hooks = [](const std::string&) { return std::vector<HookSpec>{}; };
    auto terms = std::make_shared<Terms>();
    terms->id = "call-1";
    terms->carrier = "twilio";
    terms->voice = "openai";
    record.terms = terms;
    record.started_unix_ms = 1'000'000;
    record.started_ms = 500;
  }
  Now at(std::uint64_t ms) const { return {ms, ms, 1'000'000 + ms}; }
  Setting setting;
  Record record;
  Course course;
};

TEST_F(CourseTest, TellsWhatTheMachineHasComeTo) {
  Life life(record, Leg::dialling, setting, 1);
  life.place();
  course.look(life, at(500));
  life.placed("CA1", at(510));
  course.look(life, at(510));
  life.ringing({}, at(520));
  course.look(life, at(520));
  life.answered({}, at(530));
  life.mediaUp();
  course.look(life, at(530));
  life.voiceIs("gemini");
  course.look(life, at(540));
  life.mediaDown(at(550));
  life.streamStopped(at(550));
  course.look(life, at(550));
  life.end(EndedBy::api, "that will do", std::nullopt, at(560));
  course.look(life, at(560));
  LegNews over;
  life.over(over, at(570));
  course.look(life, at(570));
  course.look(life, at(580));
  const auto told = words(course.trace());
  EXPECT_THAT(std::vector<std::string>(told.begin(), told.begin() + 9),
              ElementsAre("begun outbound through twilio for openai", "named CA1", "ringing", "answered", "media_up",
                          "voice gemini", "media_down", "stream_stopped", "ending by api: that will do"));
  EXPECT_THAT(told, testing::Contains("leg_over"));
  EXPECT_THAT(told, testing::Contains(HasSubstr("hook ")));
  EXPECT_EQ(course.trace().events()[2].at_ms, 520u);
}

TEST_F(CourseTest, OfACallThatAnEarlierRunHadItTellsOnlyWhatIsNew) {
  record.status = Status::in_progress;
  record.remote_id = "CA1";
  Life life(record, Leg::named, setting, 1);
  life.recover("the gateway was started anew", std::nullopt, at(600));
  course.look(life, at(600));
  EXPECT_THAT(words(course.trace()),
              testing::Not(testing::Contains(testing::AnyOf(HasSubstr("named"), HasSubstr("ringing")))));
  EXPECT_THAT(words(course.trace()), testing::Contains(HasSubstr("restored")));
}

}  // namespace
