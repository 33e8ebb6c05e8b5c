#include "tests/fakes/twilio_plan.hpp"

#include "tests/fakes/settings.hpp"

#include <algorithm>

namespace fakes {

using Json = nlohmann::json;

struct Rules::Rule {
  std::string on, number = "*";
  std::uint64_t left = 0;  ///< 0: for ever
  Json members;            ///< as given, for dump(); those of a call are applied from here
  RestFault fault;
};

namespace {

void oneOf(const char* member, const std::string& value, std::initializer_list<const char*> allowed) {
  std::string list;
  for (const char* one : allowed) {
    if (value == one) return;
    list += std::string(list.empty() ? "" : ", ") + "'" + one + "'";
  }
  throw std::invalid_argument(std::string("'") + member + "' is '" + value + "': expected one of " + list);
}

}  // namespace

const char* nameOf(Operation operation) {
  switch (operation) {
    case Operation::create: return "create";
    case Operation::fetch: return "fetch";
    case Operation::update: return "update";
    case Operation::list: return "list";
    case Operation::remove: return "delete";
    case Operation::events: return "events";
  }
  return "";
}

Signing signingFrom(const std::string& name) {
  oneOf("signing", name, {"good", "bad", "missing", "port", "slash", "shared"});
  if (name == "shared") return Signing::shared;
  if (name == "bad") return Signing::bad;
  if (name == "missing") return Signing::missing;
  if (name == "port") return Signing::port;
  return name == "slash" ? Signing::slash : Signing::good;
}

void changePlan(CallPlan& plan, const Json& changes) {
  CallPlan copy = plan;
  applySettings(copy, changes);
  oneOf("outcome", copy.outcome, {"answered", "busy", "no-answer", "failed", "never"});
  oneOf("media_garbage", copy.media_garbage, {"text", "json", "binary", "event", "types", "base64", "huge", "frame"});
  oneOf("unreachable", copy.unreachable, {"", "voice", "all"});
  oneOf("log", copy.log, {"live", "late", "none"});
  for (const auto& signing : {copy.webhook_signing, copy.callback_signing, copy.upgrade_signing}) signingFrom(signing);
  if (copy.frame_bytes.empty() || std::any_of(copy.frame_bytes.begin(), copy.frame_bytes.end(),
                                              [](std::uint32_t n) { return n == 0 || n > 32000; }))
    throw std::invalid_argument("'frame_bytes' must be a list of sizes from 1 to 32000");
  plan = std::move(copy);
}

Json dumpPlan(const CallPlan& plan) { return dumpSettings(plan); }

Rules::Rules() = default;
Rules::~Rules() = default;
void Rules::clear() { rules_.clear(); }

void Rules::add(const Json& rule) {
  auto made = std::make_unique<Rule>();
  made->members = rule;
  made->on = rule.value("on", std::string("rest"));
  made->number = rule.value("number", made->number);
  made->left = rule.value("times", std::uint64_t(0));
  oneOf("on", made->on, {"create", "fetch", "update", "list", "delete", "events", "rest", "call"});
  for (const char* own : {"on", "number", "times"}) made->members.erase(own);
  if (made->on == "call") {
    CallPlan scratch;
    changePlan(scratch, made->members);
  } else {
    applySettings(made->fault, made->members);
    oneOf("drop", made->fault.drop, {"", "before", "after"});
    if (made->fault.status != 0 && (made->fault.status < 200 || made->fault.status > 599))
      throw std::invalid_argument("'status' must be an HTTP status from 200 to 599");
  }
  rules_.push_back(std::move(made));
}

bool Rules::take(Operation operation, const std::string& far_party, RestFault& fault) {
  for (auto at = rules_.begin(); at != rules_.end(); ++at) {
    Rule& rule = **at;
    if (rule.on != "rest" && rule.on != nameOf(operation)) continue;
    if (!matches(rule.number, far_party)) continue;
    fault = rule.fault;
    if (rule.left > 0 && --rule.left == 0) rules_.erase(at);
    return true;
  }
  return false;
}

void Rules::apply(const std::string& far_party, CallPlan& plan) {
  for (auto at = rules_.begin(); at != rules_.end();) {
    Rule& rule = **at;
    const bool fits = rule.on == "call" && matches(rule.number, far_party);
    if (fits) changePlan(plan, rule.members);
    at = fits && rule.left > 0 && --rule.left == 0 ? rules_.erase(at) : at + 1;
  }
}

Json Rules::dump() const {
  Json list = Json::array();
  for (const auto& rule : rules_) {
    Json one = rule->members;
    one["on"] = rule->on;
    one["number"] = rule->number;
    if (rule->left > 0) one["times"] = rule->left;
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace fakes
