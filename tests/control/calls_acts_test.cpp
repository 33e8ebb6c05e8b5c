// What is asked of a call that runs, by the API: every act, in every state of the call.
#include "tests/control/media_support.hpp"

#include <hookswitch/draft.h>

namespace control_test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Acts : public Media {
 protected:
  net::HttpReply act(const std::string& id, const std::string& name, const std::string& body = {}) {
    return world.answer("POST", "/api/calls/" + id + "/" + name, body);
  }
  struct Act {
    const char *name, *body;
  };
  static constexpr Act all[] = {{"mute", ""},
                                {"unmute", ""},
                                {"say", R"({"text":"Hello"})"},
                                {"dtmf", R"({"digits":"12#"})"},
                                {"prompt", R"({"prompt":"Speak French."})"}};
};

TEST_F(Acts, OfUnknownCallsAreNotFound) {
  world.start();
  for (auto& one : all) {
    for (const char* id : {"nothing", "6f0c8a52-3f3f-4b0a-9d0e-2d9c0b6f7a11"}) {
      const net::HttpReply reply = act(id, one.name, one.body);
      EXPECT_EQ(reply.status, 404) << one.name;
      EXPECT_THAT(reply.body, HasSubstr("Call not found"));
    }
  }
}

TEST_F(Acts, SayInWhichStateTheCallIsWhenItIsInNoneForThem) {
  world.start();
  const std::string id = world.place();
  for (auto& one : all) {
    const net::HttpReply reply = act(id, one.name, one.body);
    EXPECT_EQ(reply.status, 409) << one.name;
    EXPECT_THAT(reply.body, HasSubstr("The call is initiating; only a call in progress can be "));
  }
  world.make("carrier", [&](hks::Out& out) { out.state(id, {}, HKS_RINGING); });
  for (auto& one : all) EXPECT_THAT(act(id, one.name, one.body).body, HasSubstr("The call is ringing;"));
  world.make("carrier", [&](hks::Out& out) { out.state(id, {}, HKS_IN_PROGRESS); });
  for (auto& one : all)
    EXPECT_THAT(act(id, one.name, one.body).body, HasSubstr("the carrier's media stream has not come yet"));
  world.answer("POST", "/api/calls/" + id + "/end");
  for (auto& one : all) {
    const net::HttpReply reply = act(id, one.name, one.body);
    EXPECT_EQ(reply.status, 409) << one.name;
    EXPECT_THAT(reply.body, HasSubstr("The call is ended;"));
  }
}

TEST_F(Acts, RefuseWhatTheyDoNotUnderstand) {
  const std::string id = running();
  const std::pair<Act, const char*> wrong[] = {
      {{"say", ""}, "The body is empty; expected a JSON object with 'text'"},
      {{"say", "{"}, "not JSON"},
      {{"say", "{}"}, "'text'"},
      {{"say", R"({"text":null})"}, "'text'"},
      {{"say", R"({"text":""})"}, "'text' must be 1 to 2000 characters long"},
      {{"say", R"({"text":" \n"})"}, "'text' must be 1 to 2000 characters long"},
      {{"say", R"({"text":7})"}, "'text' must be a string"},
      {{"say", R"({"text":"a","interrupt":"yes"})"}, "'interrupt' must be true or false"},
      {{"say", R"({"text":"a","interrupt":1})"}, "'interrupt' must be true or false"},
      {{"say", R"({"text":"a","loud":true})"}, "Unknown field 'loud'; known are text, interrupt"},
      {{"dtmf", R"({"digits":""})"}, "'digits' must be 1 to 64 of 0-9, *, #, A-D and w"},
      {{"dtmf", R"({})"}, "'digits' must be 1 to 64 of 0-9, *, #, A-D and w"},
      {{"dtmf", R"({"digits":"12x"})"}, "'digits' must be 1 to 64 of 0-9, *, #, A-D and w"},
      {{"dtmf", R"({"digits":12})"}, "'digits' must be a string"},
      {{"dtmf", R"({"digits":"1","pause":1})"}, "Unknown field 'pause'"},
      {{"prompt", R"({"prompt":""})"}, "'prompt' must not be empty"},
      {{"prompt", R"({"text":"a"})"}, "Unknown field 'text'"},
      {{"mute", R"({"on":true})"}, "Unknown field 'on'; none is expected here"},
      {{"unmute", "[]"}, "The body must be a JSON object"}};
  for (auto& [one, why] : wrong) {
    const net::HttpReply reply = act(id, one.name, one.body);
    EXPECT_EQ(reply.status, 400) << one.name << " " << one.body;
    EXPECT_THAT(reply.body, HasSubstr(why));
    EXPECT_THAT(reply.body, HasSubstr(R"("success":false)"));
  }
  EXPECT_EQ(act(id, "say", R"({"text":")" + std::string(2001, 'a') + "\"}").status, 400);
  EXPECT_EQ(act(id, "say", R"({"text":")" + std::string(2000, 'a') + "\"}").status, 202);
  std::string umlauts;
  for (int i = 0; i < 2000; ++i) umlauts += "\xc3\xa4";
  EXPECT_EQ(act(id, "say", R"({"text":")" + umlauts + "\"}").status, 202) << "characters count, not bytes";
  EXPECT_EQ(act(id, "dtmf", R"({"digits":")" + std::string(65, '1') + "\"}").status, 400);
  EXPECT_EQ(world.answer("GET", "/api/calls/" + id + "/mute").status, 405);
}

TEST_F(Acts, MuteIsShownUntilItIsTakenBack) {
  const std::string id = running();
  EXPECT_THAT(world.detail(id), Not(HasSubstr("muted")));
  EXPECT_EQ(act(id, "mute").status, 200);
  EXPECT_EQ(act(id, "mute", "{}").body, R"({"success":true,"muted":true})");
  EXPECT_THAT(world.detail(id), HasSubstr(R"("muted":true)"));
  EXPECT_EQ(act(id, "unmute").body, R"({"success":true,"muted":false})");
  EXPECT_THAT(world.detail(id), Not(HasSubstr("muted")));
}

TEST_F(Acts, WhatIsToBeSaidReachesTheVoice) {
  const std::string id = running();
  EXPECT_EQ(act(id, "say", R"({"text":"The office closes now."})").body, R"({"success":true})");
  EXPECT_TRUE(eventually([&] { return world.detail(id).find("The office closes now.") != std::string::npos; }));
}

TEST_F(Acts, InstructionsReachTheVoiceAndHoldForTheCall) {
  world.voice().drafts = {HKS_DRAFT_PROMPT};
  const std::string id = running();
  EXPECT_EQ(act(id, "prompt", R"({"prompt":"Speak French."})").status, 202);
  EXPECT_TRUE(world.until([&] { return world.voice().heard("DRAFT_PROMPT") == 1; }));
  world.on([&] { EXPECT_EQ(world.table.find(id)->record.terms->prompt, "Speak French."); });
}

TEST_F(Acts, AVoiceThatTakesNoOtherInstructionsIsSaid) {
  const std::string id = running();
  const net::HttpReply reply = act(id, "prompt", R"({"prompt":"Speak French."})");
  EXPECT_EQ(reply.status, 502);
  EXPECT_THAT(reply.body, HasSubstr("The voice voice takes no other instructions in the middle of a call"));
}

}  // namespace
}  // namespace control_test
