#include "host/net/ws_codec.hpp"

#include "host/net/lent_buffer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

using namespace hookswitch::net;
using Kind = WsEvent::Kind;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

constexpr std::size_t kMax = 1 << 20;

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

/// A frame by hand, independent of WsWriter. `first` is the whole first byte: FIN, RSV, opcode.
std::string frame(int first, std::string payload, bool masked = false, int length_form = 0) {
  std::string out = bytes({first});
  const int bit = masked ? 0x80 : 0;
  const std::size_t size = payload.size();
  if (length_form == 0) length_form = size < 126 ? 7 : size <= 0xFFFF ? 16 : 64;
  if (length_form == 7) out += static_cast<char>(bit | static_cast<int>(size));
  if (length_form != 7) {
    out += static_cast<char>(bit | (length_form == 16 ? 126 : 127));
    for (int shift = length_form - 8; shift >= 0; shift -= 8)
      out += static_cast<char>((static_cast<std::uint64_t>(size) >> shift) & 0xFF);
  }
  if (masked) {
    const char key[] = {0x37, static_cast<char>(0xFA), 0x21, 0x3D};
    out.append(key, 4);
    for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(payload[i] ^ key[i % 4]);
  }
  return out + payload;
}

std::string closeFrame(int code, const std::string& reason = {}) {
  return frame(0x88, bytes({code >> 8, code & 0xFF}) + reason);
}

std::string describe(const WsEvent& e) {
  const std::string payload(e.payload);
  switch (e.kind) {
    case Kind::needMore: return "needMore";
    case Kind::message: return (e.text ? "text:" : "binary:") + payload;
    case Kind::ping: return "ping:" + payload;
    case Kind::pong: return "pong:" + payload;
    case Kind::close: return "close " + std::to_string(e.code) + ":" + payload;
    case Kind::error: return "error " + std::to_string(e.code) + ":" + payload;
  }
  return "?";
}

void drain(WsParser& parser, std::vector<std::string>& out) {
  for (WsEvent e = parser.next(); e.kind != Kind::needMore; e = parser.next()) out.push_back(describe(e));
}

std::vector<std::string> parse(const std::string& wire, WsRole role = WsRole::client, std::size_t max = kMax) {
  WsParser parser(role, max);
  std::vector<std::string> out;
  parser.feed(wire);
  drain(parser, out);
  return out;
}

/// One byte at a time, alternating the two ways to hand bytes over, with a rest now and then. Must equal parse() of the
/// whole.
std::vector<std::string> drip(const std::string& wire, WsRole role = WsRole::client, std::size_t max = kMax) {
  WsParser parser(role, max);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < wire.size(); ++i) {
    if (i % 2 == 0) {
      parser.feed(wire.substr(i, 1));
    } else {
      *parser.prepare(1).data = wire[i];
      parser.commit(1);
    }
    drain(parser, out);
    if (i % 3 == 0) parser.rest();
  }
  return out;
}

/// The code of the only event, which must be an error; 0 otherwise.
int errorCode(const std::string& wire, WsRole role = WsRole::client, std::size_t max = kMax) {
  WsParser parser(role, max);
  parser.feed(wire);
  const WsEvent e = parser.next();
  EXPECT_EQ(drip(wire, role, max), parse(wire, role, max));
  if (e.kind != Kind::error) return 0;
  EXPECT_FALSE(e.payload.empty());
  EXPECT_TRUE(parser.finished());
  parser.feed(frame(0x81, "later"));
  EXPECT_EQ(parser.next().kind, Kind::needMore) << "nothing is parsed after an error";
  return e.code;
}

}  // namespace

TEST(WsParser, ReadsTheExamplesOfRfc6455) {  // §5.7
  EXPECT_THAT(parse(bytes({0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F})), ElementsAre("text:Hello"));
  EXPECT_THAT(parse(bytes({0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58}), WsRole::server),
              ElementsAre("text:Hello"));
  EXPECT_THAT(parse(bytes({0x01, 0x03, 0x48, 0x65, 0x6C, 0x80, 0x02, 0x6C, 0x6F})), ElementsAre("text:Hello"));
  EXPECT_THAT(parse(bytes({0x89, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F})), ElementsAre("ping:Hello"));
}

TEST(WsParser, ReadsEveryLengthForm) {
  for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 125U, 126U, 127U, 255U, 256U, 65535U, 65536U, 70001U}) {
    const std::string payload(size, 'x');
    for (const WsRole role : {WsRole::client, WsRole::server}) {
      const std::string wire = frame(0x82, payload, role == WsRole::server);
      EXPECT_THAT(parse(wire, role), ElementsAre("binary:" + payload)) << size;
    }
  }
}

TEST(WsParser, OneByteAtATimeEqualsAllAtOnce) {
  const std::string wire = frame(0x81, "one") + frame(0x01, "tw") + frame(0x89, "p") + frame(0x80, "o") +
                           frame(0x82, std::string(300, '\0')) + frame(0x8A, "") + frame(0x02, "") + frame(0x00, "a") +
                           frame(0x8A, "q") + frame(0x80, "b") + closeFrame(1000, "bye");
  EXPECT_THAT(parse(wire), ElementsAre("text:one", "ping:p", "text:two", "binary:" + std::string(300, '\0'),
                                       "pong:", "pong:q", "binary:ab", "close 1000:bye"));
  EXPECT_EQ(drip(wire), parse(wire));
}

TEST(WsParser, ThoseThatRestLeaveTheirMemoryToTheNext) {
  WsParser first(WsRole::client, kMax), second(WsRole::client, kMax);
  const auto space = first.prepare();
  const std::string whole = frame(0x82, std::string(1000, 'x'));
  std::memcpy(space.data, whole.data(), whole.size());
  first.commit(whole.size());
  EXPECT_EQ(first.next().payload.size(), 1000U);
  EXPECT_NE(second.prepare().data, space.data) << "the first one's payload is still to be read";
  second.rest();
  first.rest();
  std::vector<WsParser::Space> spaces{first.prepare()};
  first.rest();
  spaces.push_back(second.prepare());
  EXPECT_EQ(spaces[0].data, spaces[1].data);
}

TEST(WsParser, HalfAFrameSurvivesARest) {
  for (const std::size_t size : {std::size_t(300), LentBuffer::size - 4, LentBuffer::size, std::size_t(100'000)}) {
    const std::string payload(size, 'y');
    const std::string wire = frame(0x82, payload) + frame(0x81, "next");
    for (const std::size_t cut : {std::size_t(1), std::size_t(3), size / 2, size}) {
      WsParser parser(WsRole::client, kMax);
      std::vector<std::string> out;
      parser.feed(std::string_view(wire).substr(0, cut));
      drain(parser, out);
      parser.rest();
      EXPECT_EQ(parser.buffered(), cut);
      // Somebody else receives into the thread's memory meanwhile.
      WsParser other(WsRole::client, kMax);
      const auto space = other.prepare();
      std::memset(space.data, 'z', space.size);
      parser.feed(std::string_view(wire).substr(cut));
      drain(parser, out);
      EXPECT_THAT(out, ElementsAre("binary:" + payload, "text:next")) << size << " cut at " << cut;
    }
  }
}

TEST(WsParser, UnmasksPayloadsOfEveryAlignment) {
  std::string payload;
  for (int i = 0; i < 40; ++i) {
    EXPECT_THAT(parse(frame(0x82, payload, true), WsRole::server), ElementsAre("binary:" + payload));
    payload += static_cast<char>(i * 7);
  }
}

TEST(WsParser, RefusesReservedBits) {
  for (const int bit : {0x40, 0x20, 0x10}) EXPECT_EQ(errorCode(frame(0x81 | bit, "x")), ws_close::protocol_error);
}

TEST(WsParser, RefusesUnknownOpcodes) {
  for (const int opcode : {3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF})
    EXPECT_EQ(errorCode(frame(0x80 | opcode, "")), ws_close::protocol_error) << opcode;
}

TEST(WsParser, RefusesAMaskWhereNoneBelongs) {
  EXPECT_EQ(errorCode(frame(0x81, "x", true), WsRole::client), ws_close::protocol_error);
}

TEST(WsParser, RefusesAFrameOfAClientWithoutMask) {
  EXPECT_EQ(errorCode(frame(0x81, "x", false), WsRole::server), ws_close::protocol_error);
  EXPECT_EQ(errorCode(frame(0x89, "", false), WsRole::server), ws_close::protocol_error);
}

TEST(WsParser, RefusesAFragmentedControlFrame) {
  for (const int opcode : {0x8, 0x9, 0xA}) EXPECT_EQ(errorCode(frame(opcode, "")), ws_close::protocol_error);
}

TEST(WsParser, RefusesAControlFrameBeyond125Bytes) {
  EXPECT_EQ(errorCode(frame(0x89, std::string(126, 'p'))), ws_close::protocol_error);
  EXPECT_THAT(parse(frame(0x89, std::string(125, 'p'))), ElementsAre("ping:" + std::string(125, 'p')));
}

TEST(WsParser, RefusesLengthsThatAreNotInTheirShortestForm) {
  EXPECT_EQ(errorCode(frame(0x82, std::string(125, 'x'), false, 16)), ws_close::protocol_error);
  EXPECT_EQ(errorCode(frame(0x82, std::string(125, 'x'), false, 64)), ws_close::protocol_error);
  EXPECT_EQ(errorCode(frame(0x82, std::string(65535, 'x'), false, 64)), ws_close::protocol_error);
}

TEST(WsParser, RefusesA64BitLengthWithItsHighestBitSet) {
  EXPECT_EQ(errorCode(bytes({0x82, 127, 0x80, 0, 0, 0, 0, 1, 0, 0})), ws_close::protocol_error);
}

TEST(WsParser, RefusesAContinuationOfNothing) {
  EXPECT_EQ(errorCode(frame(0x80, "x")), ws_close::protocol_error);
  EXPECT_EQ(errorCode(frame(0x00, "x")), ws_close::protocol_error);
  EXPECT_THAT(parse(frame(0x81, "whole") + frame(0x80, "x")).back(), HasSubstr("error 1002"));
}

TEST(WsParser, RefusesANewMessageInsideAFragmentedOne) {
  EXPECT_EQ(errorCode(frame(0x01, "a") + frame(0x81, "b")), ws_close::protocol_error);
  EXPECT_EQ(errorCode(frame(0x02, "a") + frame(0x02, "b")), ws_close::protocol_error);
}

TEST(WsParser, RefusesAMessageBeyondItsLimitAtTheHeaderAlready) {
  EXPECT_THAT(parse(frame(0x82, std::string(100, 'x')), WsRole::client, 100),
              ElementsAre("binary:" + std::string(100, 'x')));
  EXPECT_EQ(errorCode(bytes({0x82, 101}), WsRole::client, 100), ws_close::too_big);
  EXPECT_EQ(errorCode(bytes({0x82, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF})), ws_close::too_big);
}

TEST(WsParser, CountsFragmentsTogetherAgainstTheLimit) {
  const std::string half(60, 'x');
  EXPECT_EQ(errorCode(frame(0x02, half) + frame(0x80, half), WsRole::client, 100), ws_close::too_big);
  EXPECT_THAT(parse(frame(0x02, half) + frame(0x89, half) + frame(0x80, std::string(40, 'y')), WsRole::client, 100),
              ElementsAre("ping:" + half, "binary:" + half + std::string(40, 'y')));
  EXPECT_THAT(parse(frame(0x02, half) + frame(0x80, "") + frame(0x02, half) + frame(0x80, ""), WsRole::client, 100),
              ElementsAre("binary:" + half, "binary:" + half))
      << "the count begins anew with each message";
}

TEST(WsParser, RefusesTextThatIsNotUtf8) {
  for (const std::string& bad : {bytes({0xFF}), bytes({0xC0, 0xAF}), bytes({0xED, 0xA0, 0x80}),
                                 bytes({0xF4, 0x90, 0x80, 0x80}), bytes({0xE2, 0x82}), bytes({'a', 0x80, 'b'})}) {
    EXPECT_EQ(errorCode(frame(0x81, bad)), ws_close::bad_data);
    EXPECT_THAT(parse(frame(0x82, bad)), ElementsAre("binary:" + bad)) << "binary may hold anything";
  }
}

TEST(WsParser, AcceptsACharacterThatIsSplitBetweenFragments) {
  EXPECT_THAT(parse(frame(0x01, bytes({0xE2, 0x82})) + frame(0x80, bytes({0xAC}))), ElementsAre("text:\u20AC"));
  EXPECT_EQ(errorCode(frame(0x01, bytes({0xE2, 0x82})) + frame(0x80, "x")), ws_close::bad_data);
}

TEST(WsParser, ReadsACloseFrameWithAndWithoutACode) {
  EXPECT_THAT(parse(frame(0x88, "")), ElementsAre("close 1005:"));
  EXPECT_THAT(parse(closeFrame(1001)), ElementsAre("close 1001:"));
  EXPECT_THAT(parse(closeFrame(4999, "r")), ElementsAre("close 4999:r"));
}

TEST(WsParser, RefusesHalfACloseCode) { EXPECT_EQ(errorCode(frame(0x88, "x")), ws_close::protocol_error); }

TEST(WsParser, RefusesCloseCodesThatMustNotBeSent) {
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535})
    EXPECT_EQ(errorCode(closeFrame(code)), ws_close::protocol_error) << code;
  for (const int code : {1000, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999})
    EXPECT_THAT(parse(closeFrame(code)), ElementsAre("close " + std::to_string(code) + ":"));
}

TEST(WsParser, RefusesACloseReasonThatIsNotUtf8) {
  EXPECT_EQ(errorCode(closeFrame(1000, bytes({0xC3}))), ws_close::bad_data);
}

TEST(WsParser, IgnoresWhateverFollowsACloseFrame) {
  EXPECT_THAT(parse(closeFrame(1000) + frame(0x81, "late") + bytes({0xFF, 0xFF})), ElementsAre("close 1000:"));
}

TEST(WsParser, ACloseMayInterruptAFragmentedMessage) {
  EXPECT_THAT(parse(frame(0x01, "half") + closeFrame(1001)), ElementsAre("close 1001:"));
}

TEST(WsParser, KeepsThePayloadValidUntilTheNextCall) {
  WsParser parser(WsRole::client, kMax);
  parser.feed(frame(0x01, "frag") + frame(0x80, "mented") + frame(0x81, "whole"));
  const WsEvent first = parser.next();
  EXPECT_EQ(first.payload, "fragmented");
  EXPECT_EQ(parser.next().payload, "whole");
  EXPECT_EQ(parser.next().kind, Kind::needMore);
  EXPECT_EQ(parser.buffered(), 0U);
}

TEST(WsParser, ManyMessagesNeedNoGrowingBuffer) {
  WsParser parser(WsRole::client, kMax);
  const std::string wire = frame(0x81, std::string(380, 'a'));
  std::size_t largest = 0, messages = 0;
  std::string stream;
  for (int i = 0; i < 2000; ++i) stream += wire;
  for (std::size_t at = 0; at < stream.size();) {
    const WsParser::Space space = parser.prepare(1000);
    largest = std::max(largest, space.size);
    const std::size_t size = std::min<std::size_t>(999, stream.size() - at);
    std::memcpy(space.data, stream.data() + at, size);
    parser.commit(size);
    at += size;
    while (parser.next().kind == Kind::message) ++messages;
  }
  EXPECT_EQ(messages, 2000U);
  EXPECT_LE(largest, LentBuffer::size);
}

TEST(WsParser, GivesALargeBufferBackOnceItIsEmpty) {
  WsParser parser(WsRole::client, kMax);
  parser.feed(frame(0x82, std::string(500000, 'x')));
  EXPECT_EQ(parser.next().payload.size(), 500000U);
  EXPECT_LE(parser.prepare(4096).size, 16384U);
}

TEST(WsWriter, WritesTheExamplesOfRfc6455) {
  std::string out;
  WsWriter(WsRole::server).text(out, "Hello");
  EXPECT_EQ(out, bytes({0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F}));
}

TEST(WsWriter, AppendsWithoutTouchingWhatIsThere) {
  std::string out = "before";
  WsWriter(WsRole::server).frame(out, WsOpcode::text, {"a", "", "bc"});
  EXPECT_EQ(out, "before" + frame(0x81, "abc"));
}

TEST(WsWriter, AClientMasksEveryFrameWithAnotherKey) {
  const WsWriter writer(WsRole::client);
  std::vector<std::string> keys;
  for (int i = 0; i < 600; ++i) {  // beyond one refill of the pool of keys
    std::string out;
    writer.binary(out, "payload");
    ASSERT_EQ(out.size(), 2U + 4U + 7U);
    EXPECT_EQ(static_cast<unsigned char>(out[1]), 0x80 | 7);
    keys.push_back(out.substr(2, 4));
    EXPECT_THAT(parse(out, WsRole::server), ElementsAre("binary:payload"));
  }
  std::sort(keys.begin(), keys.end());
  EXPECT_GE(std::unique(keys.begin(), keys.end()) - keys.begin(), 599);
}

TEST(WsWriter, CutsControlPayloadsToWhatTheProtocolAllows) {
  std::string out;
  const WsWriter writer(WsRole::server);
  writer.ping(out, std::string(200, 'p'));
  writer.pong(out, std::string(200, 'q'));
  EXPECT_THAT(parse(out), ElementsAre("ping:" + std::string(125, 'p'), "pong:" + std::string(125, 'q')));
}

TEST(WsWriter, CutsACloseReasonBetweenCharacters) {
  std::string out;
  WsWriter(WsRole::server).close(out, 1000, std::string(122, 'r') + "\u20AC");
  EXPECT_THAT(parse(out), ElementsAre("close 1000:" + std::string(122, 'r')));
}

TEST(WsWriter, NeverSendsACodeThatMustNotBeSent) {
  std::string out;
  WsWriter(WsRole::server).close(out, ws_close::abnormal, "reason");
  EXPECT_EQ(out, frame(0x88, ""));
}
