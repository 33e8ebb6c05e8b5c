// Who we are to a gateway that does not take us for its own machine.
#include "plugins/gateway/device.hpp"
#include "tests/plugins/gateway/claw.hpp"

#include <gmock/gmock.h>

namespace hookswitch::gateway {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string seed() {
  std::string s;
  for (char c = 0; c < 32; ++c) s += c;
  return s;
}

TEST(GatewayIdentity, SignsAsTheRealGatewayTookIt) {
  const auto device = Device::fromSeed(seed());
  ASSERT_TRUE(device);
  EXPECT_EQ(device->publicKey(), "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg");
  EXPECT_EQ(device->id(), "56475aa75463474c0285df5dbf2bcab73da651358839e9b77481b2eab107708c");
  EXPECT_EQ(
      device->sign("v3|" + device->id() +
                   "|gateway-client|backend|operator|operator.read,operator.write|1737264000000|tok|nonce-1|linux|"),
      "-p-Y2X1e11-vdLFLhgevZ_fvRC5O6LE67jeQ0MYVwIW7dXK9dFfPFZpyLvBynj95kIqE-79g_rawX9vE_GGPDA");
  EXPECT_FALSE(Device::fromSeed("short"));
  EXPECT_NE(Device::newSeed(), Device::newSeed());
}

TEST(GatewayIdentity, TheChallengeIsSignedWithAKeyThatIsKept) {
  Claw claw;
  claw.start();
  ASSERT_EQ(claw.kept["device_key"].size(), 32u);
  const auto device = Device::fromSeed(claw.kept["device_key"]);
  const json d = claw.handshakes.at(0).body["params"]["device"];
  EXPECT_EQ(d["id"], device->id());
  EXPECT_EQ(d["publicKey"], device->publicKey());
  EXPECT_EQ(d["nonce"], "n");
  EXPECT_EQ(d["signedAt"], 1795368395128);
  EXPECT_EQ(d["signature"],
            device->sign("v3|" + device->id() +
                         "|gateway-client|backend|operator|operator.read,operator.write|1795368395128|" + kSecret +
                         "|n|linux|"));
  Claw again;
  again.kept = claw.kept;
  again.start();
  EXPECT_EQ(again.handshakes.at(0).body["params"]["device"]["id"], device->id()) << "the same after a restart";
}

TEST(GatewayIdentity, NothingIsSaidBeforeTheKeyIsOnTheDisk) {
  hookswitch::test::TimedPlayer player(hks_plugin_entry, HKS_ROLE_NOTIFIER);
  auto out = player.step(In::start({{"enabled", "true"}, {"token", kSecret}}));
  EXPECT_EQ(out.count(HKS_RECALL), 2u);
  EXPECT_FALSE(out.has(HKS_CONNECT));
  for (const Message& m : out.ofType(HKS_RECALL)) out = player.step(In::kept(m.id, m.name, ""));
  player.step(In::kept(999, "other", ""));
  Message keep;
  for (const Message& m : player.player().all())
    if (m.type == HKS_KEEP) keep = m;
  EXPECT_FALSE(player.player().all().has(HKS_CONNECT));
  out = player.step(In::kept(keep.id, keep.name, keep.bytes));
  EXPECT_TRUE(out.has(HKS_CONNECT));
}

TEST(GatewayIdentity, WithoutADiskItStillTriesAndSaysSo) {
  Claw claw;
  claw.keep_trouble = "/var/lib/x.kept cannot be written (No space left on device); check the disk";
  claw.start();
  EXPECT_THAT(claw.handshakes, SizeIs(1));
  EXPECT_THAT(claw.logs, Contains(HasSubstr("No space left on device")));
}

TEST(GatewayIdentity, AnApprovalIsAskedForByNameAndNoticedSoon) {
  Claw claw;
  claw.greets = false;
  claw.start();
  claw.event("connect.challenge", {{"nonce", "n"}, {"ts", 1}});
  claw.res(claw.handshakes.at(0).body["id"], false,
           {{"code", "NOT_PAIRED"},
            {"message", "pairing required: device is not approved yet"},
            {"details", {{"code", "PAIRING_REQUIRED"}, {"requestId", "b574dd37-770d-4014-8ca7-7d04ab1bd0cc"}}}});
  claw.ended(1, "c1");
  claw.greets = true;
  claw.hello["auth"]["deviceToken"] = "the-device-token";
  claw.wait(14900);
  EXPECT_EQ(claw.doneOf(1).at(0).state, HKS_HOOK_RETRY);
  EXPECT_THAT(claw.doneOf(1).at(0).reason, HasSubstr("openclaw devices approve b574dd37-770d-4014-8ca7-7d04ab1bd0cc"));
  claw.wait(11000);
  ASSERT_THAT(claw.handshakes, SizeIs(2));
  EXPECT_EQ(claw.kept["device_token"], "the-device-token");
  claw.ended(2, "c1", 2);
  EXPECT_EQ(claw.doneOf(2).at(0).state, HKS_HOOK_OK);
  for (auto& line : claw.logs) EXPECT_EQ(line.find("the-device-token"), std::string::npos) << line;
}

TEST(GatewayIdentity, ARequestIdThatIsNoneIsNotPutIntoACommand) {
  Claw claw;
  claw.greets = false;
  claw.start();
  claw.event("connect.challenge", {{"nonce", "n"}, {"ts", 1}});
  claw.res(claw.handshakes.at(0).body["id"], false,
           {{"code", "NOT_PAIRED"}, {"details", {{"code", "PAIRING_REQUIRED"}, {"requestId", "x; rm -rf ~"}}}});
  EXPECT_THAT(claw.logs.at(0), HasSubstr("openclaw devices list"));
  EXPECT_EQ(claw.logs.at(0).find("rm -rf"), std::string::npos);
}

TEST(GatewayIdentity, TheTokenOfTheDeviceServesWhenTheSharedOneWasChangedThere) {
  Claw claw;
  claw.kept["device_token"] = "the-device-token";
  claw.greets = false;
  claw.start();
  const auto refuse = [&](const char* code) {
    claw.event("connect.challenge", {{"nonce", "n"}, {"ts", 1}});
    claw.res(claw.handshakes.back().body["id"], false,
             {{"code", "INVALID_REQUEST"}, {"message", "unauthorized"}, {"details", {{"code", code}}}});
  };
  refuse("AUTH_TOKEN_MISMATCH");
  claw.wait(2000);
  ASSERT_THAT(claw.connects, SizeIs(2));
  refuse("AUTH_DEVICE_TOKEN_MISMATCH");
  EXPECT_EQ(claw.handshakes.at(1).body["params"]["auth"], json({{"deviceToken", "the-device-token"}}));
  claw.wait(0);
  EXPECT_EQ(claw.kept["device_token"], "") << "of no use any more";
  for (int s = 0; s < 80 && claw.connects.size() < 3; ++s) claw.wait(1000);
  claw.event("connect.challenge", {{"nonce", "n"}, {"ts", 1}});
  EXPECT_EQ(claw.handshakes.at(2).body["params"]["auth"], json({{"token", kSecret}}));
}

}  // namespace
}  // namespace hookswitch::gateway
