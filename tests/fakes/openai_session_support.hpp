// The set-up of the tests of OpenAI's session: the state machine without a network, and a clock that only tests move.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/openai_session.hpp"
#include "tests/fakes/test_time.hpp"
#include "tests/places.hpp"

namespace fakes {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

/// The update of a session that talks over a telephone.
extern const json kPhone;

class OpenAiSessionTest : public testing::Test {
 protected:
  OpenAiSessionTest() : shared_(std::string(HOOKSWITCH_TEST_DATA) + "/openai_realtime_events.json") { begin(); }

  void begin(const std::string& model = "gpt-realtime");
  void take(json event);
  void advance(std::uint64_t ms) { time_.advance(ms); }
  void say(const json& event) { session_->onMessage(event.dump(), true); }
  /// Append mu-law audio in 20 ms frames, in real time.
  void append(const std::string& audio);
  static std::string speech(std::uint32_t ms, double hz = 300);
  static std::string silence(std::uint32_t ms) { return std::string(ms * 8, '\xFF'); }
  std::vector<json> of(const std::string& type) const;
  std::vector<std::string> types() const;
  std::string heard() const;
  json lastError() const { return of("error").empty() ? json() : of("error").back()["error"]; }

  OpenAiShared shared_;
  TestTime time_;
  std::vector<json> sent_;
  std::pair<unsigned, std::string> closed_;
  std::shared_ptr<OpenAiSession> session_;
};

}  // namespace fakes
