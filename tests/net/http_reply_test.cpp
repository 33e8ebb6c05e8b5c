#include "host/net/http_reply.hpp"

#include "host/net/http_chunks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace hookswitch::net;
using testing::HasSubstr;
using testing::Not;

namespace {

std::string withoutDate(std::string reply) {
  const std::size_t at = reply.find("Date: ");
  return reply.erase(at, reply.find("\r\n", at) + 2 - at);
}

}  // namespace

TEST(HttpReply, SaysWhatItIsAndHowItEnds) {
  HttpReply reply;
  reply.status = 422;
  reply.headers = {{"X-One", "1"}, {"Set-Cookie", "a"}, {"Set-Cookie", "b"}};
  reply.body = "body";
  EXPECT_EQ(
      withoutDate(serializeReply(reply, false, true)),
      "HTTP/1.1 422 Unprocessable Content\r\nX-One: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"
      "Cache-Control: no-store\r\nContent-Type: application/json\r\nContent-Length: 4\r\nConnection: close\r\n\r\n"
      "body");
  EXPECT_THAT(serializeReply(reply, false, false, HttpFraming::chunks),
              HasSubstr("Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n4\r\nbody\r\n"));
  EXPECT_THAT(serializeReply(reply, false, true, HttpFraming::close), Not(HasSubstr("Content-Length")));
}

TEST(HttpReply, AHeaderThatCannotBeSaidIsDroppedAndTheOthersStay) {
  HttpReply reply;
  reply.headers = {{"X-Long", std::string(70'000, 'x')},
                   {std::string(70'000, 'n'), "x"},
                   {"X-Split", "a\r\nX-Evil: 1"},
                   {"", "nameless"},
                   {"X-Good", "1"}};
  const std::string text = serializeReply(reply, false, false);
  EXPECT_LT(text.size(), 300U);
  EXPECT_THAT(text, HasSubstr("X-Good: 1\r\n"));
  EXPECT_THAT(text, Not(HasSubstr("X-Evil")));
}

TEST(HttpReply, AcceptsAWebSocket) {
  EXPECT_EQ(serializeUpgrade("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST(HttpChunk, SaysItsSizeAndWhetherItIsTheLast) {
  EXPECT_EQ(encodeChunk("hello, chunk of 18", false), "12\r\nhello, chunk of 18\r\n");
  EXPECT_EQ(encodeChunk("x", true), "1\r\nx\r\n0\r\n\r\n");
  EXPECT_EQ(encodeChunk("", true), "0\r\n\r\n");
  EXPECT_EQ(encodeChunk("", false), "");
}
