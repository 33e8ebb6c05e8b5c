// Which route a request means, and what a request for none of them is told.
#include "host/api/route_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "host/api/routes.hpp"

namespace api_test {
namespace {

using namespace hookswitch;
using testing::ElementsAre;

void nothing(api::Context&, api::Asked) {}

const api::RouteTable& table() {
  static const api::RouteTable made({{"GET", "/a/{id}", api::Who::key, nothing, "shows one"},
                                     {"DELETE", "/a/{id}", api::Who::key, nothing, "removes one"},
                                     {"POST", "/a/all", api::Who::key, nothing, "acts on all"},
                                     {"POST", "/a/{id}/b/{name}", api::Who::key, nothing, "acts on a part"}});
  return made;
}

std::string summary(const char* method, const char* path) {
  const auto found = table().find(method, path);
  return found.route ? found.route->summary : "none, allow " + found.allow;
}

TEST(RouteTable, APatternTakesOnePartForEachBrace) {
  EXPECT_EQ(summary("GET", "/a/1"), "shows one");
  EXPECT_EQ(summary("GET", "/a/1/"), "shows one") << "a slash at the end is nothing";
  EXPECT_EQ(summary("GET", "/a/1//"), "none, allow ");
  EXPECT_EQ(summary("GET", "/a//"), "none, allow ");
  EXPECT_EQ(summary("GET", "/a/"), "none, allow ");
  EXPECT_EQ(summary("GET", "/A/1"), "none, allow ");
  EXPECT_EQ(summary("GET", ""), "none, allow ");
  EXPECT_EQ(summary("POST", "/a/x%2Fy/b/z"), "acts on a part");
  EXPECT_THAT(table().find("POST", "/a/x%2Fy/b/z").names, ElementsAre("x%2Fy", "z")) << "as it was sent";
}

TEST(RouteTable, AWordIsMeantBeforeABrace) {
  EXPECT_EQ(summary("POST", "/a/all"), "acts on all");
  EXPECT_EQ(summary("GET", "/a/all"), "none, allow POST") << "and not one that is called all";
}

TEST(RouteTable, GetAnswersHeadAndOptionsNameWhatThereIs) {
  EXPECT_EQ(summary("HEAD", "/a/1"), "shows one");
  EXPECT_EQ(summary("HEAD", "/a/all"), "none, allow POST");
  const auto options = api::answerWithout(table().find("OPTIONS", "/a/1"));
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(net::findHeader(options.headers, "Allow"), "GET, DELETE, HEAD, OPTIONS");
  EXPECT_EQ(net::findHeader(api::answerWithout(table().find("OPTIONS", "/a/all")).headers, "Allow"), "POST, OPTIONS");
  EXPECT_EQ(api::answerWithout(table().find("OPTIONS", "/b")).status, 404);
  EXPECT_EQ(api::answerWithout(table().find("PUT", "/b")).status, 404);
  const auto other = api::answerWithout(table().find("PUT", "/a/1"));
  EXPECT_EQ(other.status, 405);
  EXPECT_EQ(net::findHeader(other.headers, "Allow"), "GET, DELETE");
}

TEST(RouteTable, OfTheGatewaySaysEnoughToDescribeTheApi) {
  std::set<std::string> seen;
  for (auto& route : api::allRoutes()) {
    const std::string name = std::string(route.method) + " " + std::string(route.pattern);
    EXPECT_TRUE(seen.insert(name).second) << name << " is there twice";
    EXPECT_GT(std::string(route.summary).size(), 8u) << name;
    EXPECT_EQ(route.who == api::Who::key, route.pattern.substr(0, 5) == "/api/") << name;
    for (auto* list : {&route.query, &route.body})
      for (auto& each : *list) {
        EXPECT_FALSE(each.name.empty()) << name;
        EXPECT_THAT(std::string(each.type), testing::AnyOf("string", "integer", "boolean", "object", "array"))
            << name << " " << each.name;
        EXPECT_FALSE(each.meaning.empty()) << name << " " << each.name;
      }
  }
  EXPECT_TRUE(seen.count("POST /api/calls/{id}/end"));
}

}  // namespace
}  // namespace api_test
