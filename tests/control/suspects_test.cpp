// Whose turn it is after the process has died in a plugin: on times that the tests give.
#include "host/control/suspects.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "host/plugin/steps.hpp"

namespace suspects_test {
namespace {

using hookswitch::call::Phase;
using hookswitch::control::Quarantine;
using hookswitch::control::Suspects;
using testing::HasSubstr;

class SuspectsTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/hookswitch-suspects-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory = name;
    died("control", HKS_CALL_PHASE, HKS_PHASE_NOTIFY, "bad");
    died("control", HKS_TIMER_FIRED, 0, "bad");
    ASSERT_EQ(::chmod(path().c_str(), 0600), 0);
    quarantine.emplace(Quarantine::Options{path(), 10, [] { return std::uint64_t(1'800'000'000'000); }});
  }
  void TearDown() override {
    ::unlink(path().c_str());
    ::rmdir(directory.c_str());
  }
  std::string path() const { return directory + "/steps"; }
  void died(const char* role, std::uint32_t type, std::uint32_t phase, const char* about) const {
    std::ofstream(path(), std::ios::app) << "death\t1800000000000\tSIGSEGV\tp\t" << role << "\t" << type << "\t"
                                         << phase << "\t" << about << "\n";
  }
  Suspects::Wait notify(Suspects& suspects, const char* call, std::uint64_t now_ms, bool others = false) const {
    return suspects.hook("p", Phase::notify, call, false, now_ms, [others] { return others; });
  }
  std::string directory;
  std::optional<Quarantine> quarantine;
};

TEST_F(SuspectsTest, WithoutAQuarantineNobodyWaits) {
  Suspects none(nullptr, 0);
  EXPECT_TRUE(none.none());
  EXPECT_FALSE(notify(none, "bad", 0));
  EXPECT_FALSE(none.session("p", 0));
  EXPECT_FALSE(none.held("p", "hook notify"));
}

TEST_F(SuspectsTest, AHookComesASecondAfterTheStartAndBehindThoseOfOthersButNotForEver) {
  Suspects suspects(&*quarantine, 100'000);
  EXPECT_THAT(notify(suspects, "good", 100'000).why, HasSubstr("comes behind those of others"));
  EXPECT_TRUE(notify(suspects, "good", 100'000 + Suspects::others_first_ms - 1));
  EXPECT_TRUE(notify(suspects, "good", 100'000 + Suspects::others_longest_ms - 1, true)) << "others are busy";
  EXPECT_FALSE(notify(suspects, "good", 100'000 + Suspects::others_longest_ms, true));
  EXPECT_FALSE(suspects.hook("q", Phase::notify, "good", false, 100'000, [] { return true; })) << "no suspect";
}

TEST_F(SuspectsTest, TheCallThatDiedWaitsApart) {
  Suspects suspects(&*quarantine, 0);
  const auto first = notify(suspects, "bad", 10'000);
  EXPECT_TRUE(first.apart);
  EXPECT_EQ(first.ms, Suspects::session_ms);
  EXPECT_FALSE(notify(suspects, "good", 10'000)) << "others pass it by";
  EXPECT_FALSE(notify(suspects, "bad", 10'000 + Suspects::session_ms));
}

TEST_F(SuspectsTest, OneATimeUntilEnoughHaveWorked) {
  Suspects suspects(&*quarantine, 0);
  EXPECT_FALSE(notify(suspects, "1", 20'000));
  const auto second = notify(suspects, "2", 20'400);
  EXPECT_EQ(second.ms, Suspects::apart_ms - 400);
  EXPECT_FALSE(second.apart) << "it holds those behind it";
  for (unsigned i = 0; i < Suspects::convincing; ++i) suspects.worked("p", "hook notify", "another");
  EXPECT_FALSE(notify(suspects, "2", 20'400));
}

TEST_F(SuspectsTest, ASessionIsOpenedBehindAllOthersAndHasToLiveForAWhile) {
  Suspects suspects(&*quarantine, 50'000);
  const auto wait = suspects.session("p", 51'000);
  EXPECT_EQ(wait.ms, Suspects::session_ms - 1'000);
  EXPECT_THAT(wait.why, HasSubstr("opened behind all others"));
  EXPECT_FALSE(suspects.session("p", 50'000 + Suspects::session_ms));
  EXPECT_EQ(suspects.probation("p"), std::make_pair(Quarantine::least_quiet_ms, std::string("bad")));
  EXPECT_EQ(suspects.probation("q").first, 0u);
}

}  // namespace
}  // namespace suspects_test
