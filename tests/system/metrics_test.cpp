// What a gateway that has carried calls shows of itself, as Prometheus reads it.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/system/world.hpp"

using namespace system_test;

namespace {

/// What is wrong with a text in Prometheus' format 0.0.4; empty: nothing.
std::string wrongWith(const std::string& text) {
  static const std::regex comment("# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)");
  static const std::regex sample(
      R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="(\\[\\n"]|[^\\"\n])*",?)+\})? (-?[0-9.]+(e[+-]?[0-9]+)?|[+-]Inf|NaN))");
  std::map<std::string, std::string> types;
  std::set<std::string> helps, seen;
  std::string family, line;
  if (text.empty() || text.back() != '\n') return "it does not end with a line feed";
  std::istringstream lines(text);
  for (std::smatch m; std::getline(lines, line);) {
    if (std::regex_match(line, m, comment)) {
      family = m[2];
      const bool help = m[1] == "HELP";
      if (help ? !helps.insert(family).second : !types.emplace(family, m[3]).second) return "said twice: " + line;
    } else if (std::regex_match(line, m, sample)) {
      std::string name = m[1];
      if (types[family] == "histogram") name = std::regex_replace(name, std::regex("_(bucket|sum|count)$"), "");
      if (name != family) return "outside of its family: " + line;
      if (!helps.count(family) || types[family].empty()) return "without HELP or TYPE: " + line;
      if (!seen.insert(line.substr(0, line.rfind(' '))).second) return "the same sample twice: " + line;
      if (types[family] == "counter" && !std::regex_search(family, std::regex("_total$")))
        return "a counter whose name does not end with _total: " + line;
    } else {
      return "neither a comment nor a sample: " + line;
    }
  }
  return {};
}

/// What `promtool check metrics` says of the file, its exit code in front; nothing when all is well.
std::string promtool(const std::string& file) {
  const std::string command = std::string("'") + HOOKSWITCH_PROMTOOL + "' check metrics < '" + file + "' 2>&1";
  std::FILE* out = ::popen(command.c_str(), "r");
  if (!out) return "it cannot be started";
  std::string said;
  for (int c; (c = std::fgetc(out)) != EOF;) said += char(c);
  const int status = ::pclose(out);
  return status == 0 && said.empty() ? "" : std::to_string(WEXITSTATUS(status)) + ": " + said;
}

}  // namespace

TEST(Metrics, AfterCallsOfEveryKindTheyAreWhatPrometheusReads) {
  World world;
  const std::string talked = world.talking();
  EXPECT_EQ(world.post("/api/calls/" + talked + "/end").status, 200);
  world.settled(talked);
  world.command("twilio/plan", {{"outcome", "busy"}});
  world.settled(world.place());
  EXPECT_EQ(world.post("/api/call", {{"to", "nobody's number"}}).status, 400);
  world.command("twilio/plan", {{"outcome", "answered"}});
  const std::string live = world.talking();
  const Answer answer = world.get("/api/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(wrongWith(answer.body), "") << answer.body;
  EXPECT_EQ(gauge(world, "hookswitch_calls_live"), 1);
  if (*HOOKSWITCH_PROMTOOL) {
    const std::string file = world.directory() + "/metrics";
    std::ofstream(file) << answer.body;
    EXPECT_EQ(promtool(file), "") << answer.body;
  }
}

TEST(Metrics, ATextThatPrometheusWouldNotReadIsFoundOut) {
  const std::string good =
      "# HELP a_total All.\n# TYPE a_total counter\na_total{by=\"x\"} 1\na_total{by=\"y\"} 2.5e+3\n";
  EXPECT_EQ(wrongWith(good), "");
  for (const char* bad : {"a_total 1\n", "# HELP b All.\n# TYPE b counter\nb 1\n",
                          "# HELP a All.\n# TYPE a gauge\na 1\na 2\n", "# HELP a All.\n# TYPE a gauge\nb 1\n",
                          "# HELP a All.\n# TYPE a gauge\na{by=x} 1\n", "# HELP a All.\n# TYPE a gauge\na one\n",
                          "# HELP a All.\n# HELP a All.\n", "# HELP a All.\n# TYPE a gauge\na 1"})
    EXPECT_NE(wrongWith(bad), "") << bad;
}
