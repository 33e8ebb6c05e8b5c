// What plugins keep over restarts.
#include "host/control/keeper.hpp"
#include "tests/control/support.hpp"
#include "tests/folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace control_test {
namespace {

namespace fs = std::filesystem;
using plugin::view;
using testing::HasSubstr;
using testing::Not;

class KeeperTest : public WorldTest {
 protected:
  KeeperTest() : a(world.add("a")), b(world.add("b")) {
    keeper = std::make_unique<control::Keeper>(world.control, world.io, directory + "/store.db");
    world.services.keeper = keeper.get();
    a.on_control = b.on_control = [this](const hks_msg& in, hks::Out&) {
      if (in.type != HKS_KEPT) return hks_status(HKS_UNSUPPORTED);
      auto& m = reinterpret_cast<const hks_keep&>(in);
      kept.push_back({in.id, std::string(view(m.name)), std::string(view(m.bytes)), std::string(view(m.reason))});
      return hks_status(HKS_OK);
    };
    world.start();
  }
  struct Kept {
    std::uint64_t id;
    std::string name, bytes, reason;
  };
  /// The answer to what `say` asks, which is one thing.
  Kept ask(const std::string& plugin, const std::function<void(hks::Out&)>& say) {
    std::size_t before = 0;
    world.on([&] { before = kept.size(); });
    world.make(plugin, say);
    EXPECT_TRUE(world.until([&] { return kept.size() > before; }));
    return world.on([&] { return kept.back(); });
  }
  Kept keep(const std::string& plugin, const std::string& name, const std::string& bytes) {
    return ask(plugin, [&](hks::Out& out) { out.keep(1, name, bytes); });
  }
  Kept recall(const std::string& plugin, const std::string& name) {
    return ask(plugin, [&](hks::Out& out) { out.recall(2, name); });
  }
  std::string content() const {
    std::ostringstream text;
    text << std::ifstream(directory + "/store.db.a.kept").rdbuf();
    return text.str();
  }

  const hookswitch_test::Folder folder{"keeper"};
  const std::string directory = folder.path();
  FakePlugin &a, &b;
  std::unique_ptr<control::Keeper> keeper;
  std::vector<Kept> kept;  // [control]
};

TEST_F(KeeperTest, WhatIsKeptIsThereForTheSamePluginAloneAlsoInTheNextRun) {
  EXPECT_EQ(recall("a", "key").bytes, "") << "nothing yet, and no file";
  EXPECT_FALSE(fs::exists(directory + "/store.db.a.kept"));
  const std::string secret("with\0zero\nand line", 18);
  const Kept answer = keep("a", "key", secret);
  EXPECT_EQ(answer.id, 1u);
  EXPECT_EQ(answer.name, "key");
  EXPECT_EQ(answer.bytes, secret);
  EXPECT_EQ(answer.reason, "");
  EXPECT_EQ(recall("b", "key").bytes, "");
  world.on([&] {
    keeper = std::make_unique<control::Keeper>(world.control, world.io, directory + "/store.db");
    world.services.keeper = keeper.get();
  });
  EXPECT_EQ(recall("a", "key").bytes, secret);
}

TEST_F(KeeperTest, TheFileIsPrivateAndReplacedAsAWhole) {
  keep("a", "key", "s3cret");
  struct stat found {};
  ASSERT_EQ(::stat((directory + "/store.db.a.kept").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  EXPECT_THAT(content(), Not(HasSubstr("s3cret"))) << "not by chance in somebody's grep";
  keep("a", "token", "t");
  keep("a", "key", "");
  EXPECT_EQ(recall("a", "key").bytes, "");
  EXPECT_EQ(recall("a", "token").bytes, "t");
  EXPECT_EQ(std::distance(fs::directory_iterator(directory), fs::directory_iterator()), 1)
      << "nothing is left beside it";
}

TEST_F(KeeperTest, WhatIsAskedAtOnceIsDoneInOrder) {
  world.make("a", [](hks::Out& out) {
    for (std::uint64_t i = 1; i <= 50; ++i) out.keep(i, "n", std::to_string(i));
    out.recall(51, "n");
  });
  ASSERT_TRUE(world.until([&] { return kept.size() == 51; }));
  world.on([&] {
    for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(kept[i].id, i + 1);
    EXPECT_EQ(kept[50].bytes, "50");
  });
}

TEST_F(KeeperTest, HasBoundsAndSaysThem) {
  for (const std::string& name :
       {std::string(), std::string(65, 'a'), std::string("A"), std::string("a/b"), std::string("a b")})
    EXPECT_THAT(keep("a", name, "x").reason, HasSubstr("a name has 1 to 64 characters")) << name;
  EXPECT_THAT(keep("a", "n", std::string(4097, 'x')).reason, HasSubstr("at most 4096 bytes"));
  for (int i = 0; i < 16; ++i) EXPECT_EQ(keep("a", "n" + std::to_string(i), std::string(4096, 'x')).reason, "");
  EXPECT_THAT(keep("a", "one-more", "x").reason, HasSubstr("may keep 16 names"));
  EXPECT_EQ(keep("a", "n3", "other").reason, "") << "a name that is there may change";
  EXPECT_EQ(recall("a", "n3").bytes, "other");
}

TEST_F(KeeperTest, AFileThatSomebodyDamagedIsNamedAndLeftAlone) {
  std::ofstream(directory + "/store.db.a.kept") << "key not-base64!\n";
  EXPECT_THAT(recall("a", "key").reason, HasSubstr("store.db.a.kept:1 is not what the gateway wrote"));
  EXPECT_THAT(keep("a", "key", "x").reason, HasSubstr("move the file away"));
  EXPECT_EQ(content(), "key not-base64!\n");
}

TEST_F(KeeperTest, ADiskThatCannotBeWrittenIsSaid) {
  fs::create_directory(directory + "/store.db.a.kept");
  const Kept answer = keep("a", "key", "x");
  EXPECT_EQ(answer.bytes, "");
  EXPECT_THAT(answer.reason, HasSubstr("is not a regular file"));
}

}  // namespace
}  // namespace control_test
