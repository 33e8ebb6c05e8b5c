#include "plugins/speech/caller_input.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hookswitch::speech {
namespace {

std::string drained(HeldAudio& held) {
  std::string all;
  held.drain([&](std::string_view frame) { all.append(frame).append("|"); });
  return all;
}

TEST(HeldAudio, KeepsTheNewestWholeFramesInOrder) {
  HeldAudio held;
  for (const char* frame : {"aaaa", "bbbb", "cccc"}) held.put(frame, 10);
  EXPECT_EQ(drained(held), "bbbb|cccc|");
  EXPECT_EQ(drained(held), "") << "what went out is not kept";
  held.put("dddd", 10);
  held.clear();
  held.put("eeee", 4);
  EXPECT_EQ(drained(held), "eeee|");
}

TEST(Keypad, KeysShortlyAfterEachOtherAreOneEntry) {
  Keypad keypad;
  EXPECT_EQ(keypad.press("xyz "), Keypad::Entry::None);
  EXPECT_TRUE(keypad.empty());
  EXPECT_EQ(keypad.press("1"), Keypad::Entry::Open);
  EXPECT_EQ(keypad.press("2*"), Keypad::Entry::Open);
  EXPECT_EQ(keypad.press("#"), Keypad::Entry::Complete);
  EXPECT_EQ(keypad.take(), "The caller pressed 1 2 * # on the keypad.");
  EXPECT_TRUE(keypad.empty());
}

TEST(Keypad, ALongEntryIsCompleteAndBounded) {
  Keypad keypad;
  EXPECT_EQ(keypad.press(std::string(1000, '5')), Keypad::Entry::Complete);
  EXPECT_LT(keypad.take().size(), 120u);
}

}  // namespace
}  // namespace hookswitch::speech
