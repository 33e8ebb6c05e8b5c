#include "host/net/http_chunks.hpp"

#include <gtest/gtest.h>

#include <string>

using namespace hookswitch::net;
using Status = ChunkDecoder::Status;

namespace {

struct Outcome {
  Status status;
  std::string body, rest;
};

/// Feeds `step` bytes at a time.
Outcome decode(const std::string& wire, std::size_t step, std::size_t max = 1000) {
  ChunkDecoder decoder(max);
  Outcome out{Status::needMore, {}, {}};
  std::string pending;
  for (std::size_t at = 0; at < wire.size() && out.status == Status::needMore; at += step) {
    pending += wire.substr(at, step);
    std::size_t consumed = 0;
    out.status = decoder.decode(pending, consumed, out.body);
    pending.erase(0, consumed);
  }
  out.rest = pending;
  return out;
}

}  // namespace

TEST(ChunkDecoder, JoinsChunksInWhateverPiecesTheyArrive) {
  const std::string wire = "4\r\nWiki\r\n6;name=\"v\"\r\npedia \r\n00A ; x\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n";
  for (std::size_t step = 1; step <= wire.size(); ++step) {
    const Outcome out = decode(wire, step);
    EXPECT_EQ(out.status, Status::done);
    EXPECT_EQ(out.body, "Wikipedia 0123456789");
  }
  EXPECT_EQ(decode(wire + "next", 1000).rest, "next");
}

TEST(ChunkDecoder, RefusesWhatIsNotAChunk) {
  for (const char* bad :
       {"x\r\n", "\r\n", "-1\r\n", "0x4\r\nWiki", "4 5\r\n", "4\r\nWikipedia", "4\r\nWikiX\r\n",
        "0\r\nno colon\r\n\r\n", "0\r\n: empty\r\n\r\n", "0\r\n folded\r\n\r\n", "4\n\nWiki\r\n", "4;\x01\r\n"})
    EXPECT_EQ(decode(bad, 1).status, Status::malformed) << bad;
}

TEST(ChunkDecoder, TakesASizeLineOfExactlyItsLimitInAnyPieces) {
  const std::string longest = "1;" + std::string(126, 'e') + "\r\nx\r\n0\r\n\r\n";
  for (const std::size_t step : {std::size_t{1}, longest.size()}) EXPECT_EQ(decode(longest, step).status, Status::done);
}

TEST(ChunkDecoder, RefusesABodyBeyondItsLimit) {
  EXPECT_EQ(decode("3e8\r\n" + std::string(1000, 'x') + "\r\n0\r\n\r\n", 7).status, Status::done);
  EXPECT_EQ(decode("3e9\r\n", 7).status, Status::tooLarge);
  EXPECT_EQ(decode("3e8\r\n" + std::string(1000, 'x') + "\r\n1\r\n", 7).status, Status::tooLarge);
  EXPECT_EQ(decode("ffffffffffffffffffffffff\r\n", 7).status, Status::tooLarge);
}

TEST(ChunkDecoder, RefusesFramingOutOfProportion) {
  std::string wire;
  for (int i = 0; i < 900; ++i) wire += "1;" + std::string(100, 'e') + "\r\nx\r\n";
  EXPECT_EQ(decode(wire, 4096).status, Status::tooLarge);
  EXPECT_EQ(decode(std::string(200, '1'), 1).status, Status::malformed);
  EXPECT_EQ(decode("1;" + std::string(200, 'e'), 1).status, Status::malformed);
  EXPECT_EQ(decode("0\r\nT: " + std::string(2000, 't'), 100).status, Status::malformed);
}

TEST(ChunkDecoder, LooksAtWhatFollowsTheLastSizeBeforeTheTrailerIsWhole) {
  for (const char* bad : {"0x4\r\n", "0\r\nno colon\r\n", "1\r\nx\r\n0 5\r\n", "0\r\nT: v\r\n folded\r\n"})
    for (const std::size_t step : {std::size_t{1}, std::size_t{100}})
      EXPECT_EQ(decode(bad, step).status, Status::malformed) << bad;
  EXPECT_EQ(decode("0\r\nT: v\r\n", 1).status, Status::needMore);
}

TEST(ChunkDecoder, AQuotationDoesNotReachBeyondItsLine) {
  EXPECT_EQ(decode("3;e=\"x\r\nabc\r\n0\r\n\r\n", 1000).status, Status::malformed);
  EXPECT_EQ(decode("3;e=\"x;\\\"y\"\r\nabc\r\n0\r\n\r\n", 1).body, "abc");
}

TEST(ChunkDecoder, BoundsTheTrailer) {
  std::string wire = "0\r\n";
  for (int i = 0; i < 40; ++i) wire += "T: " + std::string(500, 't') + "\r\n";
  EXPECT_EQ(decode(wire, 100).status, Status::tooLarge);
  EXPECT_EQ(decode(wire + "\r\n", 100'000).status, Status::tooLarge);
}
