#include "tests/fakes/control.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <future>
#include <stdexcept>

namespace fakes {
namespace {

using Json = nlohmann::json;

class ControlTest : public testing::Test {
 protected:
  void SetUp() override {
    Control::Fake fake;
    fake.command = [](const std::string& name, const Json& args) -> Json {
      if (name != "echo/it") throw std::invalid_argument("no '" + name + "' here");
      return {{"args", args}, {"number", args.at("number").get<int>()}};
    };
    fake.state = [this] { return Json{{"resets", resets_}}; };
    fake.reset = [this] { ++resets_; };
    fake.port = 7;
    control_.add("parrot", std::move(fake));
    loop_.start();
  }
  void TearDown() override { loop_.stop(); }

  std::future<ClientResult> send(const std::string& method, const std::string& path, const std::string& body = "") {
    auto result = std::make_shared<std::promise<ClientResult>>();
    loop_.post([=] {
      request(loop_, method, "http://127.0.0.1:" + std::to_string(control_.port()) + path, {}, body, 20000,
              [result](ClientResult r) { result->set_value(std::move(r)); });
    });
    return result->get_future();
  }
  Json ask(const std::string& method, const std::string& path, unsigned status = 200, const std::string& body = "") {
    const auto result = send(method, path, body).get();
    EXPECT_EQ(result.status, status) << method << " " << path << ": " << result.body;
    return Json::parse(result.body, nullptr, false);
  }

  Loop loop_;
  Control control_{loop_, 0};
  int resets_ = 0;
};

TEST_F(ControlTest, ListsTheFakesAndShowsTheirStates) {
  EXPECT_EQ(ask("GET", "/").at("parrot").at("port"), 7);
  EXPECT_EQ(ask("GET", "/state").at("parrot").at("resets"), 0);
  EXPECT_EQ(ask("GET", "/parrot/state").at("resets"), 0);
}

TEST_F(ControlTest, RunsACommandWithItsArguments) {
  EXPECT_EQ(ask("POST", "/parrot/echo/it", 200, R"({"number":3})").at("number"), 3);
}

TEST_F(ControlTest, RefusesWhatItDoesNotUnderstandWithASentence) {
  for (const char* body : {"[1]", "{", "7"})
    EXPECT_TRUE(ask("POST", "/parrot/echo/it", 400, body).contains("error")) << body;
  EXPECT_TRUE(ask("POST", "/parrot/echo/it", 400, R"({"number":"three"})").contains("error"));
  EXPECT_EQ(ask("POST", "/parrot/sing", 400).at("error"), "no 'sing' here");
  EXPECT_TRUE(ask("GET", "/owl/state", 404).contains("error"));
  EXPECT_TRUE(ask("GET", "/parrot/feathers", 404).contains("error"));
  EXPECT_TRUE(ask("DELETE", "/parrot/state", 405).contains("error"));
}

TEST_F(ControlTest, ResetsOneOrAll) {
  ask("POST", "/parrot/reset");
  ask("POST", "/reset");
  EXPECT_EQ(ask("GET", "/parrot/state").at("resets"), 2);
}

TEST_F(ControlTest, GivesTheEventsAfterANumber) {
  loop_.call([&] {
    for (int i = 0; i < 3; ++i) control_.event("parrot", "squawk", {{"i", i}});
  });
  const Json answer = ask("GET", "/events?since=1");
  EXPECT_EQ(answer.at("last"), 3);
  ASSERT_EQ(answer.at("events").size(), 2u);
  EXPECT_EQ(answer.at("events").at(0).at("i"), 1);
  EXPECT_EQ(answer.at("events").at(0).at("event"), "squawk");
  EXPECT_TRUE(ask("GET", "/events?since=3").at("events").empty());
}

TEST_F(ControlTest, WaitsForTheNextEventOrItsTime) {
  EXPECT_TRUE(ask("GET", "/events?since=0&timeout_ms=30").at("events").empty());
  auto waiting = send("GET", "/events?since=0&timeout_ms=20000");
  ask("GET", "/");  // by now the one before has arrived, or it finds the event already there: both are right
  loop_.call([&] { control_.event("parrot", "squawk", Json::object()); });
  EXPECT_EQ(Json::parse(waiting.get().body).at("events").size(), 1u);
}

}  // namespace
}  // namespace fakes
