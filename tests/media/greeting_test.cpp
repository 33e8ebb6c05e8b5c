#include "host/media/greeting.hpp"

#include <gtest/gtest.h>

namespace hookswitch::media {
namespace {

constexpr std::int64_t a_second = 1'000'000;

TEST(Greeting, AWholeOneIsShieldedUntilItWasHeard) {
  Greeting greeting(true, call::whole_greeting);
  EXPECT_TRUE(greeting.shields()) << "what is said before the model is there is not heard by it";
  greeting.asked(0);
  greeting.look(a_second, true);
  EXPECT_TRUE(greeting.shields()) << "nothing has come of it";
  greeting.sounds(2 * a_second);
  greeting.look(30 * a_second, false);
  EXPECT_TRUE(greeting.shields());
  greeting.look(31 * a_second, true);
  EXPECT_FALSE(greeting.shields());
}

TEST(Greeting, ALengthCountsFromItsFirstSound) {
  Greeting greeting(true, 500);
  greeting.asked(0);
  greeting.sounds(a_second);
  greeting.look(a_second + 499'000, false);
  EXPECT_TRUE(greeting.shields());
  EXPECT_EQ(greeting.untilUs(), a_second + 500'000);
  greeting.look(a_second + 500'000, false);
  EXPECT_FALSE(greeting.shields());
}

TEST(Greeting, AKeyEndsIt) {
  Greeting greeting(true, call::whole_greeting);
  greeting.asked(0);
  greeting.sounds(a_second);
  greeting.cut();
  EXPECT_FALSE(greeting.shields());
  EXPECT_FALSE(greeting.due());
  EXPECT_FALSE(greeting.interrupted(2 * a_second)) << "and it is not said again";
}

TEST(Greeting, WithoutOneNothingIsShielded) {
  EXPECT_FALSE(Greeting(false, call::whole_greeting).shields());
  Greeting none(true, 0);
  EXPECT_TRUE(none.shields()) << "until it was asked for: a hello from before would end it";
  none.asked(0);
  EXPECT_FALSE(none.shields());
  EXPECT_FALSE(none.interrupted(a_second));
}

TEST(Greeting, OneThatIsCutBeforeItsTimeIsSaidAgainTwiceAtMost) {
  Greeting greeting(true, call::whole_greeting);
  EXPECT_FALSE(greeting.interrupted(0)) << "it was not asked for yet";
  greeting.asked(0);
  EXPECT_TRUE(greeting.interrupted(a_second)) << "before its first sound";
  greeting.sounds(2 * a_second);
  EXPECT_TRUE(greeting.interrupted(3 * a_second));
  greeting.sounds(4 * a_second);
  EXPECT_FALSE(greeting.interrupted(5 * a_second));
  EXPECT_FALSE(greeting.shields());
}

TEST(Greeting, AModelThatIsLostInItIsWaitedForWithPatience) {
  Greeting greeting(true, call::whole_greeting);
  greeting.asked(0);
  greeting.sounds(a_second);
  greeting.broken(2 * a_second);
  greeting.look(3 * a_second, true);
  EXPECT_TRUE(greeting.shields()) << "what was received was heard, the rest of it was not";
  greeting.look(2 * a_second + Greeting::patience_us, true);
  EXPECT_FALSE(greeting.shields());
}

}  // namespace
}  // namespace hookswitch::media
