// What an entry must look like; the files around it are tested in registry_test.cpp and tests/abi.
#include "host/plugin/library.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>

namespace plugin_test {
namespace {

using namespace hookswitch::plugin;
using testing::ElementsAre;
using testing::HasSubstr;

hks_session* openOne() { return nullptr; }
hks_status stepOne(hks_session*, const hks_msg*, const hks_sink*) { return HKS_OK; }
void closeOne(hks_session*) {}
const hks_role good_role{openOne, stepOne, closeOne};

std::map<std::string, const void*> offered;  // what get() of the entry under test gives
const void* get(const char* id) {
  auto it = offered.find(id);
  return it == offered.end() ? nullptr : it->second;
}

hks_entry entry(std::map<std::string, const void*> offers = {{HKS_ROLE_NOTIFIER, &good_role}}) {
  offered = std::move(offers);
  return {HKS_ABI_MAJOR, HKS_ABI_MINOR, sizeof(hks_entry), 0, "plugin-1", "A plugin", "2.3", get};
}

TEST(Examine, AGoodEntryBecomesALibrary) {
  const hks_entry e =
      entry({{HKS_ROLE_CONTROL, &good_role}, {HKS_ROLE_CARRIER, &good_role}, {HKS_ROLE_VOICE, &good_role}});
  const Examined library = examine(e, "/plugins/p.so");
  ASSERT_TRUE(library) << library.error();
  EXPECT_EQ((*library)->id, "plugin-1");
  EXPECT_EQ((*library)->name, "A plugin");
  EXPECT_EQ((*library)->version, "2.3");
  EXPECT_EQ((*library)->abi, std::to_string(HKS_ABI_MAJOR) + "." + std::to_string(HKS_ABI_MINOR));
  EXPECT_EQ((*library)->file, "/plugins/p.so");
  EXPECT_THAT((*library)->roles, ElementsAre("control", "carrier", "voice"));
  EXPECT_EQ((*library)->control, &good_role);
  EXPECT_FALSE((*library)->notifier);
  EXPECT_EQ((*library)->keys.size(), 4u) << "enabled, and whom its TLS trusts";
}

TEST(Examine, ANotifierIsAControlSessionThatHearsTheNews) {
  const Examined library = examine(entry(), "p.so");
  ASSERT_TRUE(library) << library.error();
  EXPECT_THAT((*library)->roles, ElementsAre("notifier"));
  EXPECT_EQ((*library)->control, &good_role);
  EXPECT_TRUE((*library)->notifier);
}

TEST(Examine, NamesAndVersionsMayBeAbsent) {
  hks_entry e = entry();
  e.name = nullptr;
  e.version = nullptr;
  Examined library = examine(e, "p.so");
  ASSERT_TRUE(library) << library.error();
  EXPECT_EQ((*library)->name, "plugin-1");
  EXPECT_EQ((*library)->version, "");
  e.name = "";
  EXPECT_EQ((*examine(e, "p.so"))->name, "plugin-1");
}

TEST(Examine, AReservedFieldThatIsNotZeroIsRefusedByItsName) {
  hks_entry e = entry();
  e.reserved = 7;
  EXPECT_EQ(examine(e, "p.so").error(), "has hks_entry.reserved 7; set it to 0");
  static const hks_key keys[] = {{sizeof(hks_key), HKS_TEXT, 0, 0, "first", "", "", "", "", ""},
                                 {sizeof(hks_key), HKS_TEXT, 0, 1, "second", "", "", "", "", ""}};
  static const hks_settings settings{keys, 2, sizeof(hks_key)};
  EXPECT_EQ(examine(entry({{HKS_ROLE_CONTROL, &good_role}, {HKS_SETTINGS, &settings}}), "p.so").error(),
            "has hks_key.reserved 1 in its key 'second'; set it to 0");
}

TEST(Examine, AnotherMajorVersionIsRefusedBeforeAnythingElseIsRead) {
  hks_entry e{};
  e.abi_major = HKS_ABI_MAJOR + 1;
  e.id = reinterpret_cast<const char*>(std::uintptr_t(16));  // whoever reads it crashes
  const Examined library = examine(e, "p.so");
  EXPECT_FALSE(library);
  EXPECT_THAT(library.error(),
              HasSubstr("speaks plugin ABI 2.0, this gateway speaks 1." + std::to_string(HKS_ABI_MINOR)));
}

TEST(Examine, ALaterMinorVersionIsWelcome) {
  hks_entry e = entry();
  e.abi_minor = 7;
  e.size += 64;
  const Examined library = examine(e, "p.so");
  ASSERT_TRUE(library) << library.error();
  EXPECT_EQ((*library)->abi, "1.7");
}

TEST(Examine, AnEntryShorterThanThatOfTheFirstContractIsRefused) {
  hks_entry e = entry();
  e.size = HKS_ENTRY_SIZE_1_0 - 1;
  EXPECT_THAT(examine(e, "p.so").error(), HasSubstr("has an entry of 47 bytes, ABI 1.0 has 48"));
}

class BadId : public testing::TestWithParam<const char*> {};
TEST_P(BadId, IsRefused) {
  hks_entry e = entry();
  e.id = GetParam();
  const Examined library = examine(e, "p.so");
  EXPECT_FALSE(library);
  EXPECT_THAT(library.error(), HasSubstr("has the id '"));
}
INSTANTIATE_TEST_SUITE_P(Table, BadId,
                         testing::Values(static_cast<const char*>(nullptr), "", "1plugin", "Plugin", "my plugin", "a/b",
                                         "plugin\n", "-a", "abcdefghijklmnopqrstuvwxyz0123456"));

TEST(Examine, AnIdOfThirtyTwoCharactersIsTheLongest) {
  hks_entry e = entry();
  e.id = "abcdefghijklmnopqrstuvwxyz012345";
  EXPECT_TRUE(bool(examine(e, "p.so")));
}

TEST(Examine, WithoutAGetFunctionThereIsNothingToAsk) {
  hks_entry e = entry();
  e.get = nullptr;
  EXPECT_THAT(examine(e, "p.so").error(), HasSubstr("has no get function"));
}

TEST(Examine, APluginWithoutARoleIsRefused) {
  EXPECT_THAT(examine(entry({}), "p.so").error(), HasSubstr("offers no role"));
  EXPECT_THAT(examine(entry({{"hookswitch.future/1", &good_role}}), "p.so").error(), HasSubstr("offers no role"));
}

TEST(Examine, ControlAndNotifierExcludeEachOther) {
  EXPECT_THAT(examine(entry({{HKS_ROLE_CONTROL, &good_role}, {HKS_ROLE_NOTIFIER, &good_role}}), "p.so").error(),
              HasSubstr("both the control and the notifier role"));
}

TEST(Examine, ARoleTableWithAHoleIsRefusedWhicheverItIs) {
  const hks_role no_open{nullptr, stepOne, closeOne}, no_step{openOne, nullptr, closeOne},
      no_close{openOne, stepOne, nullptr};
  for (auto role : {&no_open, &no_step, &no_close})
    for (auto id : {HKS_ROLE_CONTROL, HKS_ROLE_NOTIFIER, HKS_ROLE_CARRIER, HKS_ROLE_VOICE})
      EXPECT_THAT(examine(entry({{id, role}}), "p.so").error(), HasSubstr("empty function")) << id;
}

TEST(Examine, KeysOfTheConfigurationAreTaken) {
  static const hks_key keys[] = {
      {sizeof(hks_key), HKS_URL, HKS_REQUIRED, 0, "url", "https://example.com", "where", nullptr, nullptr, nullptr}};
  static const hks_settings settings{keys, 1, sizeof(hks_key)};
  const Examined library = examine(entry({{HKS_ROLE_VOICE, &good_role}, {HKS_SETTINGS, &settings}}), "p.so");
  ASSERT_TRUE(library) << library.error();
  ASSERT_EQ((*library)->keys.size(), 5u);
  EXPECT_EQ((*library)->keys[1].name, "url");
}

}  // namespace
}  // namespace plugin_test
