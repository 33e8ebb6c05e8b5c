#include "host/app/config_families.hpp"

#include <hookswitch/abi.h>

#include <algorithm>
#include <utility>

#include "host/base/json_document.hpp"
#include "host/call/types.hpp"
#include "host/net/url.hpp"
#include "host/tools/endpoint_request.hpp"

namespace hookswitch::app {
namespace {

using control::EndpointTool;
using control::NumberTerms;

HostKey ofNumber(const char* name, std::optional<std::string> NumberTerms::*member, const char* meaning) {
  HostKey made = key(name, "", meaning, HKS_TEXT);
  made.fill_named = [member](Options& o, const std::string& number, const std::string& value) {
    o.numbers[number].*member = value;
  };
  return made;
}

HostKey ofTool(const char* name, std::string EndpointTool::*member, const char* meaning) {
  HostKey made = key(name, "", meaning, HKS_TEXT);
  made.fill_named = [member](Options& o, const std::string& tool, const std::string& value) {
    o.endpoints[tool].*member = value;
  };
  return made;
}

base::Result<void> areToolNames(const std::string& value) {
  for (auto& tool : control::toolList(value))
    if (!control::isToolName(tool))
      return base::Failure("'" + tool + "' is no name of a tool: 1 to 64 of A-Z a-z 0-9 _ -");
  return {};
}

base::Result<void> endpointAddress(const std::string& value) {
  if (value.compare(0, 7, "http://") != 0 && value.compare(0, 8, "https://") != 0)
    return base::Failure("expected an address that begins with http:// or https://, found '" + value + "'");
  if (const auto url = net::parseUrl(value); !url) return base::Failure(url.error());
  return {};
}

base::Result<void> isSchema(const std::string& value) {
  constexpr std::size_t most = 16 * 1024;
  if (value.empty()) return {};
  if (value.size() > most) return base::Failure("longer than 16 KiB");
  const auto document = json::parse(value);
  if (!document) return base::Failure("not JSON: " + document.error());
  if (value.find_first_not_of(" \t\r\n") == value.npos || value[value.find_first_not_of(" \t\r\n")] != '{')
    return base::Failure("expected a JSON Schema of an object: { ... }");
  return {};
}

base::Result<void> isSigning(const std::string& value) {
  if (const auto good = tools::signingKey(value); !good) return base::Failure(good.error());
  return {};
}

std::vector<HostKey> numberKeys() {
  HostKey prompt = ofNumber("prompt", &NumberTerms::prompt, "system instruction for calls to this number");
  HostKey greeting = ofNumber("greeting", &NumberTerms::greeting,
                              "what the agent says first to who calls this number; empty: it waits for the caller");
  prompt.key.words = greeting.key.words = true;
  HostKey voice =
      ofNumber("voice", &NumberTerms::voice, "plugin of the speech model that talks to who calls this number");
  voice.names = HostKey::Names::voice;
  HostKey tools = key("tools", "", "exactly these tools for the model; written and empty: none", HKS_TEXT);
  tools.check = areToolNames;
  tools.fill_named = [](Options& o, const std::string& number, const std::string& value) {
    o.numbers[number].tools = control::toolList(value);
  };
  HostKey answer =
      key("answer", "true", "false: calls to this number are rejected before they cost anything", HKS_BOOLEAN);
  answer.fill_named = [](Options& o, const std::string& number, const std::string& value) {
    o.numbers[number].answer = plugin::isTrue(value);
  };
  return {std::move(prompt), std::move(greeting), std::move(voice), std::move(tools), std::move(answer)};
}

std::vector<HostKey> toolKeys() {
  HostKey url = ofTool("url", &EndpointTool::url, "where the tool is asked: POST with a JSON body, http or https");
  url.key.required = true;
  url.check = endpointAddress;
  HostKey description =
      ofTool("description", &EndpointTool::description, "what the tool does and when to use it, for the model");
  HostKey parameters = ofTool("parameters", &EndpointTool::parameters_json,
                              "JSON Schema of an object: what the model gives the tool; empty: nothing");
  description.key.words = parameters.key.words = true;
  parameters.check = isSchema;
  HostKey secret =
      ofTool("secret", &EndpointTool::secret,
             "signs the requests as Standard Webhooks does; whsec_ and Base64, or any text; empty: unsigned");
  secret.key.secret = true;
  secret.check = isSigning;
  HostKey deadline = key("deadline_s", "10", "how long the tool may take, seconds", HKS_INTEGER);
  deadline.min = 1;
  deadline.max = 60;
  deadline.fill_named = [](Options& o, const std::string& tool, const std::string& value) {
    o.endpoints[tool].deadline_s = std::uint32_t(std::stoul(value));
  };
  return {std::move(url), std::move(description), std::move(parameters), std::move(secret), std::move(deadline)};
}

base::Result<void> isNumber(const std::string& name) {
  if (call::isE164(name)) return {};
  return base::Failure(std::string());
}

base::Result<void> isTool(const std::string& name) {
  auto& own = control::ownToolNames();
  if (std::find(own.begin(), own.end(), name) != own.end())
    return base::Failure("has the name of a tool of the gateway's own; give it another");
  if (control::isToolName(name)) return {};
  return base::Failure(std::string());
}

}  // namespace

const std::vector<Family>& families() {
  static const std::vector<Family> all = {
      {"number", "+15550100001",
       "What incoming calls to one number of yours get; a section for each, at most 1000. What it does not set comes "
       "from "
       "[calls].",
       "names no number; expected [number.+E164]: a plus, the country and the number without spaces, 7 to 15 digits, "
       "such "
       "as [number.+15550100001]",
       1000, isNumber, [](Options& o) { o.numbers.clear(); },
       [](Options& o, const std::string& name) { o.numbers[name]; }, numberKeys()},
      {"tool", "opening_hours",
       "A web endpoint that models may call; a section for each, at most 32. What it answers with 200, the model is "
       "told.",
       "names no tool; expected [tool.NAME]: 1 to 64 of A-Z a-z 0-9 _ -, such as [tool.opening_hours]", 32, isTool,
       [](Options& o) { o.endpoints.clear(); }, [](Options& o, const std::string& name) { o.endpoints[name]; },
       toolKeys()}};
  return all;
}

const Family* familyBefore(const std::string& section) {
  const std::string word = section.substr(0, section.find('.'));
  for (auto& family : families())
    if (family.word == word) return &family;
  return nullptr;
}

const Family* familyOf(const std::string& section) {
  const Family* family = familyBefore(section);
  return family && section.size() > family->word.size() && family->names(nameIn(section)) ? family : nullptr;
}

std::string nameIn(const std::string& section) {
  const std::size_t dot = section.find('.');
  return dot == std::string::npos ? std::string() : section.substr(dot + 1);
}

}  // namespace hookswitch::app
