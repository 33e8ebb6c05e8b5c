#include "host/net/http_types.hpp"

#include <gtest/gtest.h>

using namespace hookswitch::net;

TEST(HttpHeaders, AreFoundWithoutCase) {
  const HttpHeaders headers{{"X-One", "1"}, {"x-one", "2"}};
  EXPECT_EQ(findHeader(headers, "X-ONE"), "1");
  EXPECT_EQ(findHeader(headers, "X-On"), "");
}

TEST(HttpHeaders, ListsAreReadTokenByToken) {
  const HttpHeaders headers{{"Connection", "keep-alive , Upgrade"}, {"connection", "x"}};
  EXPECT_TRUE(headerHasToken(headers, "Connection", "upgrade"));
  EXPECT_TRUE(headerHasToken(headers, "Connection", "X"));
  EXPECT_FALSE(headerHasToken(headers, "Connection", "upgrad"));
  EXPECT_FALSE(headerHasToken(headers, "Connection", "keep-alive , Upgrade"));
  EXPECT_FALSE(headerHasToken(headers, "Upgrade", "websocket"));
}

TEST(HttpRequest, SplitsItsTarget) {
  HttpRequest request;
  request.target = "/a/b?c=d?e";
  EXPECT_EQ(request.path(), "/a/b");
  EXPECT_EQ(request.query(), "c=d?e");
  request.target = "/plain";
  EXPECT_EQ(request.path(), "/plain");
  EXPECT_EQ(request.query(), "");
}

TEST(ErrorReply, EscapesWhateverTheSentenceHolds) {
  EXPECT_EQ(errorReply(400, "say \"no\"\\\n\x01").body, R"({"success":false,"error":"say \"no\"\\\n\u0001"})");
  EXPECT_EQ(errorReply(400, "gr\u00fcn").body, "{\"success\":false,\"error\":\"gr\u00fcn\"}");
  EXPECT_EQ(errorReply(400, "bad \xFF byte").body, R"({"success":false,"error":"bad ? byte"})");
}
