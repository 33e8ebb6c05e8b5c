// What plugins register, and what is left of it when a session goes.
#include "host/control/registrations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/plugin/message.hpp"

namespace registrations_test {
namespace {

using namespace hookswitch;
using control::Registrations;
using testing::ElementsAre;
using testing::HasSubstr;

std::string hook(Registrations& all, const std::string& plugin, std::uint32_t phase, std::uint32_t deadline_ms) {
  hks_hook m{};
  m.msg = {sizeof m, HKS_HOOK, 0};
  m.phase = phase;
  m.deadline_ms = deadline_ms;
  const auto taken = all.take(plugin, m.msg);
  return taken ? std::string() : taken.error();
}

std::string tool(Registrations& all, const std::string& plugin, const std::string& name) {
  hks_tool m{};
  m.msg = {sizeof m, HKS_TOOL, 0};
  m.name = plugin::str(name);
  const auto taken = all.take(plugin, m.msg);
  return taken ? std::string() : taken.error();
}

std::vector<std::string> hooks(const Registrations& all) {
  std::vector<std::string> list;
  for (auto& h : all.hooks())
    list.push_back(h.plugin + ":" + call::name(h.phase) + ":" + std::to_string(h.deadline_ms));
  return list;
}

TEST(Registrations, AHookIsThereOnceWithItsLatestDeadlineWithinBounds) {
  Registrations all;
  EXPECT_EQ(hook(all, "a", HKS_PHASE_NOTIFY, 500), "");
  EXPECT_EQ(hook(all, "a", HKS_PHASE_NOTIFY, 700), "");
  EXPECT_EQ(hook(all, "b", HKS_PHASE_RECORD, 99'000), "");
  EXPECT_EQ(hook(all, "b", HKS_PHASE_SETTLE + 1, 1), "asked for the unknown phase 8");
  EXPECT_THAT(hooks(all), ElementsAre("a:notify:700", "b:record:15000"));
}

TEST(Registrations, AToolHasANameOfItsOwn) {
  Registrations all;
  EXPECT_EQ(tool(all, "a", "weather"), "");
  for (const char* name : {"weather", "", "end_call"})
    EXPECT_THAT(tool(all, "b", name), HasSubstr("a tool has a name of its own")) << name;
  EXPECT_EQ(all.toolOwner("weather"), "a");
  for (std::size_t i = all.tools().size(); i < Registrations::max_tools; ++i)
    EXPECT_EQ(tool(all, "b", std::to_string(i)), "");
  EXPECT_THAT(tool(all, "b", "one more"), HasSubstr("at most 64"));
}

TEST(Registrations, OfASessionThatIsGoneTheHooksStayAndTheToolsDoNot) {
  Registrations all;
  hook(all, "a", HKS_PHASE_NOTIFY, 500);
  tool(all, "a", "weather");
  all.withdraw("a");
  EXPECT_THAT(hooks(all), ElementsAre("a:notify:500"));
  EXPECT_TRUE(all.tools().empty());
  all.clear("a");
  EXPECT_TRUE(all.hooks().empty());
}

TEST(Registrations, WhatIsRememberedCountsUntilThePluginHasSpoken) {
  Registrations all;
  all.remember("a", {{"a", call::Phase::notify, 300}});
  EXPECT_THAT(hooks(all), ElementsAre("a:notify:300"));
  all.remember("a", {{"a", call::Phase::record, 300}});
  EXPECT_THAT(hooks(all), ElementsAre("a:notify:300"));
}

}  // namespace
}  // namespace registrations_test
