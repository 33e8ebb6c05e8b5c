// The set-up of the tests of the configuration: plugins that were found, and files in a folder of the test's own.
#pragma once

#include "host/app/config.hpp"
#include "tests/app/certificates.hpp"
#include "tests/folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace app_test {

namespace fs = std::filesystem;
using namespace hookswitch;
using app::Config;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

inline const hks_role role{[]() -> hks_session* { return nullptr; },
                           [](hks_session*, const hks_msg*, const hks_sink*) -> hks_status { return HKS_OK; },
                           [](hks_session*) {}};

inline std::shared_ptr<plugin::Library> library(const std::string& id) {
  auto lib = std::make_shared<plugin::Library>();
  lib->id = id;
  lib->name = "The " + id;
  lib->version = "1";
  lib->file = "/plugins/" + id + ".so";
  lib->keys = {{"enabled", "true", "whether it works", HKS_BOOLEAN, false, false, {}}};
  return lib;
}

/// twilio, a carrier with a required secret; openai, a voice with a choice; a file that was refused.
inline plugin::Registry registry() {
  auto carrier = library("twilio");
  carrier->carrier = &role;
  carrier->keys.push_back({"auth_token", "", "the account's token", HKS_TEXT, true, true, {}});
  carrier->keys.push_back({"api_base", "https://api.twilio.com", "where the API is", HKS_URL, false, false, {}});
  carrier->keys.push_back({"retries", "3", "how often", HKS_INTEGER, false, false, {}});
  auto voice = library("openai");
  voice->voice = &role;
  voice->keys.push_back({"audio_format", "pcmu", "what the model speaks", HKS_CHOICE, false, false, {"pcmu", "pcm24"}});
  return plugin::Registry(
      {{carrier->file, carrier, {}}, {voice->file, voice, {}}, {"/plugins/telegram.so", nullptr, "is cut off"}});
}

class ConfigTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& content) { return folder.write(name, content); }
  /// What is wrong with this file, without its directory.
  std::vector<std::string> problems(const std::string& content) {
    Config config;
    config.addFile(write("a.ini", content));
    config.check(registry());
    std::vector<std::string> out;
    for (auto p : config.problems()) {
      const std::string prefix = directory.string() + "/";
      if (p.compare(0, prefix.size(), prefix) == 0) p.erase(0, prefix.size());
      out.push_back(p);
    }
    return out;
  }
  const hookswitch_test::Folder folder{"config"};
  const fs::path directory = folder.path();
};

}  // namespace app_test
