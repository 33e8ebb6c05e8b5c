#include "host/net/ws_handshake.hpp"

#include <gtest/gtest.h>

using namespace hookswitch::net;

TEST(WsHandshake, ComputesTheAcceptOfRfc6455) {  // §1.3
  EXPECT_EQ(wsAcceptFor("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WsHandshake, MakesKeysThatAreValidAndDiffer) {
  const std::string key = wsNewKey();
  EXPECT_TRUE(wsKeyIsValid(key));
  EXPECT_NE(key, wsNewKey());
}

TEST(WsHandshake, RefusesKeysThatAreNotSixteenBytes) {
  for (const char* bad : {"", "short", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQAA",
                          "dGhlIHNhbXBsZSBub25jZ$==", "dGhlIHNhbXBsZSBub25jZQ== "})
    EXPECT_FALSE(wsKeyIsValid(bad)) << bad;
}
