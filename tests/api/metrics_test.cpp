// GET /api/metrics: every metric once, as Prometheus reads it.
#include "host/api/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>

#include "tests/control/support.hpp"

namespace api_test {

using namespace control_test;

namespace {

using testing::HasSubstr;

TEST(Metrics, EveryFamilyIsAHelpATypeAndItsSamples) {
  World world;
  world.start();
  const auto reply = world.answer("GET", "/api/metrics");
  EXPECT_EQ(net::findHeader(reply.headers, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  const std::regex help("# HELP (hookswitch_[a-z_]+) [A-Z1].*\\."),
      type("# TYPE (hookswitch_[a-z_]+) (gauge|counter|histogram)"),
      sample("(hookswitch_[a-z_]+?)(_bucket|_sum|_count)?(\\{[a-z]+=\"[a-z_]+\"\\}|\\{le=\"[0-9.+Inf]+\"\\})? [0-9.]+");
  std::istringstream lines(reply.body);
  std::set<std::string> families;
  std::string line, family;
  std::size_t samples = 1;
  for (std::smatch m; std::getline(lines, line);) {
    if (std::regex_match(line, m, help)) {
      EXPECT_GT(samples, 0u) << family << " has no sample";
      family = m[1];
      samples = 0;
      EXPECT_TRUE(families.insert(family).second) << line;
    } else if (std::regex_match(line, m, type)) {
      EXPECT_EQ(m[1], family);
      EXPECT_EQ(m[2] == "counter", family.size() > 6 && family.substr(family.size() - 6) == "_total") << line;
    } else {
      EXPECT_TRUE(std::regex_match(line, m, sample)) << line;
      EXPECT_EQ(m[1], family);
      ++samples;
    }
  }
  EXPECT_GT(families.size(), 20u);
  EXPECT_THAT(reply.body, HasSubstr("\nhookswitch_calls_refused_total{by=\"per_minute\"} 0\n"));
}

TEST(Metrics, WhatTheProcessAroundTheApiCountsStandsBehindItsOwn) {
  const api::Metrics metrics({api::counter("threads_total", "Threads.", [](const api::Sample&) { return 7; })});
  EXPECT_THAT(metrics.text({}), testing::EndsWith("# HELP hookswitch_threads_total Threads.\n# TYPE "
                                                  "hookswitch_threads_total counter\nhookswitch_threads_total 7\n"));
  EXPECT_THROW(api::Metrics({api::gauge("calls_live", "Again.", [](const api::Sample&) { return 0; })}),
               std::logic_error);
}

}  // namespace
}  // namespace api_test
