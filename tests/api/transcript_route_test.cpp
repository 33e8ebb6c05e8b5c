#include "tests/control/media_support.hpp"
#include "tests/webvtt.hpp"

#include "host/base/ids.hpp"

namespace api_test {

using namespace control_test;

namespace {

using hookswitch_test::Vtt;
using testing::Contains;
using testing::HasSubstr;
using testing::Pair;

class TranscriptRoute : public Media {
 protected:
  net::HttpReply transcript(const std::string& id, const std::string& query = {}, const std::string& method = "GET") {
    return world.answer(method, "/api/calls/" + id + "/transcript" + query);
  }
  /// A live call in which both have spoken.
  std::string talkedIn() {
    at_voice_start = [](hks::Out& out) {
      out.transcript(HKS_USER, "Is <anybody> there?");
      out.transcript(HKS_ASSISTANT, "Yes.");
    };
    const std::string id = running();
    EXPECT_TRUE(world.until([&] { return world.table.find(id)->record.transcript.size() == 2; }));
    return id;
  }
  /// One of an earlier run, which the store alone knows.
  std::string stored(std::size_t lines, std::size_t length) {
    call::Terms terms;
    terms.id = base::newId();
    terms.carrier = "carrier";
    const std::string id = terms.id;
    store::SaveCall save;
    save.record.status = call::Status::ended;
    save.record.started_unix_ms = base::Clock::system().unixMs() - 600'000;
    save.record.answered_unix_ms = save.record.started_unix_ms + 1'000;
    save.record.ended_unix_ms = save.record.answered_unix_ms + 60'000;
    save.record.terms = std::make_shared<const call::Terms>(std::move(terms));
    save.released = true;
    std::vector<store::Write> writes;
    for (std::size_t i = 0; i < lines; ++i)
      writes.push_back(store::SaveLine{id,
                                       {std::uint8_t(1 + i % 2), save.record.answered_unix_ms + i * 1'500,
                                        std::string(length, 'x'), "", std::uint32_t(i + 1)}});
    writes.push_back(std::move(save));
    world.store.put(std::move(writes));
    return id;
  }
  std::string rest(net::HttpReply& reply) {
    std::string body = reply.body;
    for (bool last = !reply.more; !last;) {
      std::promise<void> arrived;
      reply.more([&](std::string part, bool is_last) {
        EXPECT_LT(part.size(), 1u << 20);
        body += part;
        last = is_last;
        arrived.set_value();
      });
      arrived.get_future().wait();
    }
    return body;
  }
};

TEST_F(TranscriptRoute, ALiveCallTellsWhatWasSaidSoFarInEveryFormat) {
  const std::string id = talkedIn();
  const auto plain = transcript(id);
  EXPECT_EQ(plain.status, 200);
  EXPECT_THAT(plain.headers, Contains(Pair("Content-Type", "application/json")));
  EXPECT_THAT(plain.body, HasSubstr("{\"call_id\":\"" + id + "\",\"status\":\"in-progress\",\"zero_at\":\""));
  EXPECT_THAT(plain.body, HasSubstr(R"("lines":[{"speaker":"user","text":"Is <anybody> there?","at":")"));
  EXPECT_THAT(plain.body, HasSubstr(R"(,"start_ms":)"));
  EXPECT_THAT(plain.body, HasSubstr(R"(,"end_ms":)"));
  EXPECT_EQ(transcript(id, "?format=json").status, 200);

  const auto text = transcript(id, "?format=text");
  EXPECT_THAT(text.headers, Contains(Pair("Content-Type", "text/plain; charset=utf-8")));
  EXPECT_THAT(text.body, HasSubstr("] caller: Is <anybody> there?\n["));
  EXPECT_THAT(text.body, HasSubstr("] agent: Yes.\n"));

  const auto vtt = transcript(id, "?format=vtt");
  EXPECT_THAT(vtt.headers, Contains(Pair("Content-Type", "text/vtt")));
  const Vtt cues(vtt.body);
  ASSERT_EQ(cues.error, "");
  ASSERT_EQ(cues.cues.size(), 2u);
  EXPECT_EQ(cues.cues[0].voice + ": " + cues.cues[0].text, "caller: Is <anybody> there?");
  EXPECT_EQ(cues.cues[1].voice + ": " + cues.cues[1].text, "agent: Yes.");
}

TEST_F(TranscriptRoute, ACallOfTheStoreIsToldAsWell) {
  world.start();
  const std::string id = stored(3, 4);
  const auto reply = transcript(id, "?format=text");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body,
            "[00:00:00.000] caller: xxxx\n"
            "[00:00:01.500] agent: xxxx\n"
            "[00:00:03.000] caller: xxxx\n");
  EXPECT_THAT(transcript(id).body, HasSubstr(R"("status":"ended")"));
}

TEST_F(TranscriptRoute, ALongOneComesInPartsAndWhole) {
  world.start();
  const std::string id = stored(400, 5'000);
  for (const char* format : {"json", "text", "vtt"}) {
    auto reply = transcript(id, std::string("?format=") + format);
    EXPECT_LT(reply.body.size(), 1u << 20);
    ASSERT_TRUE(reply.more) << format;
    const std::string whole = rest(reply);
    EXPECT_GT(whole.size(), 400u * 5'000);
    if (format == std::string("vtt")) {
      const Vtt vtt(whole);
      EXPECT_EQ(vtt.error, "");
      EXPECT_EQ(vtt.cues.size(), 400u);
    }
  }
}

TEST_F(TranscriptRoute, ACallThatNobodyKnowsHasNone) {
  world.start();
  for (const std::string& id : {std::string("nobody"), base::newId()}) {
    const auto reply = transcript(id, "?format=vtt");
    EXPECT_EQ(reply.status, 404) << id;
    EXPECT_THAT(reply.body, HasSubstr("Call not found"));
  }
}

TEST_F(TranscriptRoute, WhatItDoesNotTakeIsRefusedWithASentence) {
  const std::string id = talkedIn();
  const std::pair<const char*, const char*> wrong[] = {
      {"?format=srt", "'format': expected text, vtt or json"},
      {"?format=", "'format': expected text, vtt or json"},
      {"?format=VTT", "'format': expected text, vtt or json"},
      {"?format=vtt&format=text", "'format' is there twice"},
      {"?lang=en", "'lang': there is no such parameter; known are format"},
      {"?format=%zz", "the query is not valid percent-encoding"}};
  for (auto& [query, sentence] : wrong) {
    const auto reply = transcript(id, query);
    EXPECT_EQ(reply.status, 400) << query;
    EXPECT_THAT(reply.body, HasSubstr(sentence)) << query;
  }
}

TEST_F(TranscriptRoute, IsReadAloneAndAlsoAsHead) {
  const std::string id = talkedIn();
  EXPECT_EQ(transcript(id, "?format=vtt", "HEAD").status, 200);
  const auto posted = transcript(id, "", "POST");
  EXPECT_EQ(posted.status, 405);
  EXPECT_THAT(posted.headers, Contains(Pair("Allow", "GET")));
}

}  // namespace
}  // namespace api_test
