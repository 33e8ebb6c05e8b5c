// What is written down when the process dies in a step, and what is not.
#include "host/plugin/steps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <sstream>
#include <thread>

#include "host/plugin/session.hpp"
#include "host/plugin/step_watch.hpp"

namespace plugin_test {
namespace {

using namespace hookswitch::plugin;
using testing::HasSubstr;

std::function<void()> act;  // what the plugin does in a step

hks_session* openOne() { return reinterpret_cast<hks_session*>(&act); }
hks_status stepOne(hks_session*, const hks_msg*, const hks_sink*) {
  act();
  return HKS_OK;
}
void closeOne(hks_session*) {}
const hks_role role{openOne, stepOne, closeOne};

/// By a signal, or by what a sanitizer makes of it.
bool failed(int status) { return status != 0; }

class StepsTest : public testing::Test {
 protected:
  /// The child of a death test begins at the beginning, and finds here what its parent made.
  void SetUp() override {
    testing::GTEST_FLAG(death_test_style) = "threadsafe";
    if (const char* parents = std::getenv(variable)) {
      directory = parents;
      return;
    }
    char name[] = "/tmp/hookswitch-steps-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory = name;
    ::setenv(variable, name, 1);
  }
  void TearDown() override {
    ::unsetenv(variable);
    std::filesystem::remove_all(directory);
  }

  /// In a child that dies of it, with a session that is asked about a call's hook.
  [[noreturn]] void dieIn(const std::function<void()>& how) {
    if (!recordDeaths(directory + file)) std::_Exit(0);
    act = how;
    auto session = Session::open(role, {"killer", "control", {}});
    hks_call call{};
    call.call = {"call-7", 6};
    hks_record record{};
    record.call = &call;
    hks_phase phase{};
    phase.msg = {sizeof phase, HKS_CALL_PHASE, 1};
    phase.phase = HKS_PHASE_NOTIFY;
    phase.record = &record;
    session->step(phase.msg);
    ::_exit(0);
  }
  std::vector<Death> deaths() const {
    std::vector<Death> list;
    std::ifstream in(directory + file);
    for (std::string line; std::getline(in, line);) {
      const auto death = parseDeath(line);
      EXPECT_TRUE(death) << line;
      list.push_back(death.value_or(Death()));
    }
    return list;
  }
  void expectDeath(const char* how) const {
    const auto list = deaths();
    ASSERT_EQ(list.size(), 1u);
    EXPECT_EQ(list[0].plugin, "killer");
    EXPECT_EQ(list[0].about, "call-7");
    EXPECT_EQ(describe(list[0]), std::string("died by ") + how + " in the hook notify of the call call-7");
  }
  static constexpr const char* variable = "HOOKSWITCH_STEPS_TEST";
  std::string directory, file = "/steps";
};

TEST_F(StepsTest, ASignalThatTheCodeRaisesIsNotedAndTakesItsCourse) {
  EXPECT_EXIT(dieIn([] { *reinterpret_cast<volatile int*>(std::uintptr_t(16)) = 1; }), failed, "");
  expectDeath("SIGSEGV");
}

TEST_F(StepsTest, AbortIsNoted) {
  EXPECT_EXIT(dieIn([] { std::abort(); }), failed, "");
  expectDeath("SIGABRT");
}

TEST_F(StepsTest, AnExitIsNotedAndItsCodeLetsASupervisorStartAgain) {
  EXPECT_EXIT(dieIn([] { std::exit(1); }), testing::ExitedWithCode(3), "");
  expectDeath("exit");
}

TEST_F(StepsTest, AnExitThatRunsNothingOnItsWayOutIsNotedToo) {
  EXPECT_EXIT(dieIn([] { ::_exit(1); }), testing::ExitedWithCode(3), "");
  expectDeath("exit");
}

TEST_F(StepsTest, AProcessThatAStepHasForkedEndsAsItLikes) {
  for (void (*end)(int) : std::initializer_list<void (*)(int)>{&::_exit, &std::exit})
    EXPECT_EXIT(dieIn([end] {
                  const pid_t child = ::fork();
                  if (child == 0) end(7);
                  int status = 0;
                  ::waitpid(child, &status, 0);
                  ::syscall(SYS_exit_group, WEXITSTATUS(status));
                }),
                testing::ExitedWithCode(7), "");
  EXPECT_TRUE(deaths().empty());
}

TEST_F(StepsTest, WhatSomebodySendsIsNotNoted) {
  for (int number : {SIGSEGV, SIGABRT, SIGKILL})
    EXPECT_EXIT(dieIn([number] {
                  const pid_t me = ::getpid();
                  if (::fork() == 0) {  // somebody else
                    ::kill(me, number);
                    ::_exit(0);
                  }
                  for (;;) ::pause();
                }),
                failed, "");
  EXPECT_TRUE(deaths().empty());
}

TEST_F(StepsTest, OutsideOfStepsNobodyIsBlamed) {
  EXPECT_EXIT(
      {
        if (!recordDeaths(directory + "/steps")) std::_Exit(0);
        std::abort();
      },
      failed, "");
  EXPECT_TRUE(deaths().empty());
}

TEST_F(StepsTest, ADeathIsNotLostInAFileThatIsBeingReplaced) {
  constexpr int rounds = 20;
  const auto of = [](int round) { return "/steps-" + std::to_string(round); };
  for (int round = 0; round < rounds; ++round) {  // a child comes by the rounds before its own
    file = of(round);
    EXPECT_EXIT(
        {
          dieIn([&] {
            std::atomic<unsigned> replaced{0};
            std::thread([&] {
              for (;; ++replaced) {
                std::ofstream(directory + file + ".next").flush();
                (void)replaceDeaths(directory + file + ".next", directory + file);
              }
            }).detach();
            while (replaced < 10) std::this_thread::yield();
            std::abort();
          });
        },
        failed, "");
  }
  for (int round = 0; round < rounds; ++round) {
    file = of(round);
    const auto list = deaths();
    ASSERT_GE(list.size(), 1u) << "in round " << round;
    EXPECT_LE(list.size(), 2u) << "the line may stand there twice";
    EXPECT_EQ(list.front().unix_ms, list.back().unix_ms);
  }
}

TEST_F(StepsTest, TheWatchNamesAStepThatDoesNotComeBackAndNoOther) {
  std::mutex mutex;
  std::condition_variable changed;
  bool go = false;
  std::vector<std::string> said;
  StepWatch watch(std::chrono::seconds(1), std::chrono::milliseconds(20), [&](const std::string& sentence) {
    const std::lock_guard<std::mutex> lock(mutex);
    said.push_back(sentence);
    go = true;
    changed.notify_all();
  });
  act = [&] {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return go; });
  };
  auto session = Session::open(role, {"slow", "carrier", "call-9"});
  const hks_msg message{sizeof(hks_msg), HKS_FLUSH, 0};
  std::atomic<bool> stop{false};
  // Another thread takes one short step after another all the while.
  std::thread busy([&] {
    static const hks_role quick{
        openOne, [](hks_session*, const hks_msg*, const hks_sink*) -> hks_status { return HKS_OK; }, closeOne};
    auto other = Session::open(quick, {"quick", "carrier", {}});
    while (!stop) other->step(message);
  });
  session->step(message);
  stop = true;
  busy.join();
  const std::lock_guard<std::mutex> lock(mutex);
  ASSERT_FALSE(said.empty());
  EXPECT_EQ(said[0], "the plugin slow in FLUSH as carrier of the call call-9 has not come back for 1 s");
}

TEST(Deaths, ALineThatIsNoneIsNotRead) {
  for (auto line : {"", "death", "death\t1\tSIGSEGV\t\tcontrol\t1\t1\t", "death\tx\tSIGSEGV\tp\tcontrol\t1\t1\t",
                    "suspect\t1\t2\t3\t4\t5\t6\t7", "death\t1\tSIGSEGV\tp\tcontrol\t1"})
    EXPECT_FALSE(parseDeath(line)) << line;
  const auto d = parseDeath("death\t12\tSIGBUS\tp\tcontrol\t4\t0\t/path");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->unix_ms, 12u);
  EXPECT_EQ(d->about, "/path");
}

}  // namespace
}  // namespace plugin_test
