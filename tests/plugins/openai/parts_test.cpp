// The pure parts: gate, lines, wording, memory, tools.
#include <gtest/gtest.h>

#include <string>

#include <hookswitch/read_json.hpp>
#include "plugins/openai/gate.hpp"
#include "plugins/openai/lines.hpp"
#include "plugins/speech/memory.hpp"
#include "plugins/speech/tools.hpp"
#include "plugins/speech/wording.hpp"

namespace {

using namespace hookswitch;

TEST(Wording, CutsBetweenWordsAndCharacters) {
  EXPECT_EQ(speech::cutInProportion("one two three", 5, 10), "one");
  EXPECT_EQ(speech::cutInProportion("one two three", 10, 10), "one two three");
  EXPECT_EQ(speech::cutInProportion("one two three", 0, 10), "");
  EXPECT_EQ(speech::cutInProportion("one", 3, 0), "");
  EXPECT_EQ(speech::cutInProportion("\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F", 5, 10), "\xC3\xA4\xC3\xB6");
}

TEST(Wording, DecimalsAreChecked) {
  bool bad = false;
  EXPECT_EQ(speech::decimal("0.25", 0, 1, "1", bad), "0.25");
  EXPECT_FALSE(bad);
  for (const char* text : {"", "abc", "1.5x", "2", "nan", "1e400"}) {
    bad = false;
    EXPECT_EQ(speech::decimal(text, 0, 1, "0.5", bad), "0.5") << text;
    EXPECT_TRUE(bad) << text;
  }
}

TEST(Memory, ReplacesALineThatWasCutAndDropsTheOldestBeyondItsBound) {
  speech::Memory m;
  m.put(HKS_ASSISTANT, "all of it", "a1");
  m.put(HKS_USER, "stop", "u1");
  m.put(HKS_ASSISTANT, "all", "a1");
  ASSERT_EQ(m.lines().size(), 2u);
  EXPECT_EQ(m.lines()[0].text, "all");
  EXPECT_TRUE(m.owesAnswer());
  m.put(HKS_ASSISTANT, "", "a1");
  EXPECT_EQ(m.lines().size(), 1u);
  for (int i = 0; i < 500; ++i) m.put(HKS_USER, std::string(1000, 'x'), {});
  EXPECT_LE(m.lines().size(), 16u);
  EXPECT_TRUE(m.dropped());
}

TEST(Memory, TheSummaryHoldsTheNewestThatFits) {
  speech::Memory m;
  m.put(HKS_USER, "first", {});
  m.put(HKS_ASSISTANT, "second", {});
  EXPECT_EQ(m.summary(100), "Caller: first\nYou: second\n");
  EXPECT_EQ(m.summary(15), "You: second\n");
}

TEST(Reader, NumbersComeInSeveralShapes) {
  hks::json::Reader r;
  hks::json::Value root;
  ASSERT_TRUE(r.read(R"({"a":7,"b":"41","c":2.9,"d":null,"e":"x","f":1e300})", root));
  EXPECT_EQ(hks::json::numberAt(root, "a"), 7);
  EXPECT_EQ(hks::json::numberAt(root, "b"), 41);
  EXPECT_EQ(hks::json::numberAt(root, "c"), 2);
  for (const char* key : {"d", "e", "f", "g"}) EXPECT_EQ(hks::json::numberAt(root, key, -1), -1) << key;
}

TEST(Tools, ResultsStayJsonAndBounded) {
  EXPECT_EQ(speech::resultValue(R"({"a":1})", 100), R"({"a":1})");
  EXPECT_EQ(speech::resultValue("plain", 100), R"("plain")");
  EXPECT_EQ(speech::resultValue("", 100), "{}");
  EXPECT_LE(speech::resultValue("\"" + std::string(9000, 'x') + "\"", 100).size(), 104u);
  EXPECT_EQ(speech::endCallReason("nonsense"), "the agent ended the call");
}

TEST(Gate, MergesPlainAnswersAndSendsOneAtATime) {
  openai::Gate g;
  g.askAnswer();
  g.askAnswer();
  EXPECT_TRUE(g.askWith("{}"));
  const auto first = g.next();
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->overrides.empty());
  EXPECT_FALSE(g.next());
  g.created("r");
  std::optional<openai::Create> mine;
  EXPECT_FALSE(g.done("other", mine));
  EXPECT_TRUE(g.done("r", mine));
  EXPECT_EQ(mine->id, first->id);
  EXPECT_EQ(g.next()->overrides, "{}");
}

TEST(Gate, GivesACreateUpThatIsAlwaysTooLate) {
  openai::Gate g;
  g.askAnswer();
  std::optional<openai::Create> mine;
  int sent = 0;
  while (g.next() && sent < 20) {
    ++sent;
    g.busy({});
    g.created("x");
    g.done("x", mine);
    g.expired();
  }
  EXPECT_LE(sent, 4);
}

TEST(Gate, HoldsABoundedNumber) {
  openai::Gate g;
  int taken = 0;
  while (taken < 1000 && g.askWith("{}")) ++taken;
  EXPECT_LE(taken, 16);
}

TEST(Lines, GivesUpOnlyWhatIsInFrontOfAFinishedLine) {
  openai::Lines l;
  l.expect("u1", HKS_USER);
  l.expect("a1", HKS_ASSISTANT);
  l.expect("u2", HKS_USER);
  l.finish("a1", HKS_ASSISTANT, "yes");
  EXPECT_TRUE(l.due().empty());
  EXPECT_TRUE(l.replace("a1", "ye"));
  l.giveUp();
  const auto due = l.due();
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].text, "ye");
  EXPECT_FALSE(l.blocked());
  EXPECT_FALSE(l.replace("a1", "y"));
  l.finish("u2", HKS_USER, "and");
  EXPECT_EQ(l.due().size(), 1u);
}

}  // namespace
