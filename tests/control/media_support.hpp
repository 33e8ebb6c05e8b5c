// A call with its media: a carrier and a voice that are ready at once, and the carrier's socket.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/control/support.hpp"

namespace control_test {

using plugin::view;

class Media : public WorldTest {
 protected:
  void SetUp() override {
    world.carrier().on_place = [this](const hks_call& c, hks::Out& out) {
      media_url = std::string(view(c.media_url));
      out.placed(c.msg.id, "CA1");
    };
    world.carrier().on_carrier = [](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_CONN_OPENED) out.ready(HKS_PCMU_8K, HKS_PCMU_8K);
      return hks_status(HKS_OK);
    };
    world.voice().on_voice = [this](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_START) {
        out.ready(HKS_PCMU_8K, HKS_PCMU_8K);
        if (at_voice_start) at_voice_start(out);
      }
      if (in.type == HKS_TOOL_RESULT) {
        auto& m = reinterpret_cast<const hks_tool_call&>(in);
        out.transcript(HKS_ASSISTANT, (m.failed ? "failed " : "result ") + std::string(view(m.json)));
      }
      if (in.type == HKS_SAY) out.transcript(HKS_ASSISTANT, view(reinterpret_cast<const hks_notice&>(in).text));
      return hks_status(HKS_OK);
    };
  }
  void TearDown() override {
    if (peer >= 0) ::close(peer);
    WorldTest::TearDown();
  }
  std::string token() const { return media_url.substr(media_url.rfind('/') + 1); }
  /// The upgrade with this path, and, when it is let in, a socket for it.
  int connect(const std::string& path) {
    net::UpgradeReply reply = world.api->upgrade(World::request("GET", path));
    if (!reply.accepted) return reply.refusal.status;
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    peer = fds[0];
    reply.accepted(std::make_unique<net::Stream>(fds[1]), {});
    return 101;
  }
  /// A call whose media run: its id.
  std::string running() {
    world.start();
    const std::string id = world.place();
    EXPECT_EQ(connect("/carrier/stream/" + token()), 101);
    EXPECT_TRUE(world.until([&] { return world.table.find(id)->record.status == call::Status::in_progress; }));
    EXPECT_TRUE(world.until([&] { return world.voice().opened(FakePlugin::voice_role) == 1; }));
    return id;
  }
  /// Waits until it is true; unlike World::until() it may ask the API.
  static bool eventually(const std::function<bool()>& condition) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > patience) return false;
      std::this_thread::yield();
    }
    return true;
  }
  bool over(const std::string& id) {
    return world.until([&] { return world.table.find(id)->record.status == call::Status::ended; });
  }
  std::string media_url;
  std::function<void(hks::Out&)> at_voice_start;
  int peer = -1;
};

}  // namespace control_test
