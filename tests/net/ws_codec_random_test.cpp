// Random conversations: whatever the writer writes, in whatever pieces it arrives, the parser gives back.
#include "host/net/ws_codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace hookswitch::net;
using Kind = WsEvent::Kind;

namespace {

struct Sent {
  Kind kind;
  bool text;
  std::string payload;
  bool operator==(const Sent& other) const {
    return kind == other.kind && text == other.text && payload == other.payload;
  }
};

class Conversation {
 public:
  Conversation(std::uint32_t seed, WsRole role) : random_(seed), writer_(role) {}

  void make(int frames) {
    for (int i = 0; i < frames; ++i) {
      switch (pick(5)) {
        case 0: control(); break;
        case 1: fragmented(); break;
        default: whole(); break;
      }
    }
  }

  std::size_t pick(std::size_t below) { return random_() % below; }

  std::string wire;
  std::vector<Sent> sent;

 private:
  std::string payload(bool text) {
    static constexpr std::size_t sizes[] = {0, 1, 5, 125, 126, 127, 380, 4096, 65535, 65536, 80000};
    std::string out(sizes[pick(std::size(sizes))], ' ');
    for (char& c : out) c = text ? static_cast<char>('a' + pick(26)) : static_cast<char>(pick(256));
    return out;
  }

  void whole() {
    const bool text = pick(2) == 0;
    sent.push_back({Kind::message, text, payload(text)});
    text ? writer_.text(wire, sent.back().payload) : writer_.binary(wire, sent.back().payload);
  }

  void control() {
    const bool ping = pick(2) == 0;
    sent.push_back({ping ? Kind::ping : Kind::pong, false, payload(false).substr(0, pick(126))});
    ping ? writer_.ping(wire, sent.back().payload) : writer_.pong(wire, sent.back().payload);
  }

  /// The writer makes whole frames: its first bytes are turned into those of fragments. Pings come in between.
  void fragmented() {
    const bool text = pick(2) == 0;
    std::string joined;
    const std::size_t pieces = 2 + pick(4);
    for (std::size_t i = 0; i < pieces; ++i) {
      const std::string piece = payload(text).substr(0, 1000);
      joined += piece;
      const std::size_t at = wire.size();
      text ? writer_.text(wire, piece) : writer_.binary(wire, piece);
      const unsigned opcode = i == 0 ? static_cast<unsigned char>(wire[at]) & 0x0FU : 0U;
      wire[at] = static_cast<char>(opcode | (i + 1 == pieces ? 0x80U : 0U));
      if (i + 1 < pieces && pick(2) == 0) control();
    }
    sent.push_back({Kind::message, text, joined});
  }

  std::mt19937 random_;
  WsWriter writer_;
};

std::vector<Sent> receive(Conversation& talk, WsRole role, std::size_t largest_piece) {
  WsParser parser(role, 1 << 20);
  std::vector<Sent> got;
  for (std::size_t at = 0; at < talk.wire.size();) {
    const std::size_t size = std::min(1 + talk.pick(largest_piece), talk.wire.size() - at);
    parser.feed(std::string_view(talk.wire).substr(at, size));
    at += size;
    for (WsEvent e = parser.next(); e.kind != Kind::needMore; e = parser.next())
      got.push_back({e.kind, e.text, std::string(e.payload)});
    if (talk.pick(2) == 0) parser.rest();
  }
  return got;
}

}  // namespace

class WsRoundTrip : public testing::TestWithParam<std::uint32_t> {};

TEST_P(WsRoundTrip, GivesBackWhatWasWrittenInAnyPieces) {
  for (const WsRole role : {WsRole::client, WsRole::server}) {
    Conversation talk(GetParam(), role);
    talk.make(60);
    const WsRole peer = role == WsRole::client ? WsRole::server : WsRole::client;
    for (const std::size_t largest : {3UL, 1500UL, 100000UL}) {
      const std::vector<Sent> got = receive(talk, peer, largest);
      ASSERT_EQ(got.size(), talk.sent.size());
      EXPECT_TRUE(got == talk.sent);
    }
  }
}

TEST_P(WsRoundTrip, GarbageNeverYieldsAnythingButEventsAndAnEnd) {
  std::mt19937 random(GetParam());
  for (int round = 0; round < 40; ++round) {
    Conversation talk(GetParam() + static_cast<std::uint32_t>(round), WsRole::client);
    talk.make(3);
    for (int i = 0; i < 4; ++i) talk.wire[random() % talk.wire.size()] ^= static_cast<char>(1 << (random() % 8));
    WsParser parser(WsRole::server, 100000);
    parser.feed(talk.wire);
    std::size_t payloads = 0;
    for (WsEvent e = parser.next(); e.kind != Kind::needMore; e = parser.next()) {
      payloads += e.payload.size();
      if (e.kind == Kind::error) {
        EXPECT_TRUE(parser.finished());
        EXPECT_TRUE(isSendableCloseCode(e.code));
      }
    }
    EXPECT_LE(payloads, talk.wire.size() + 200);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, WsRoundTrip, testing::Values(1U, 2U, 3U, 77U));
