#include "host/control/own_tools.hpp"

#include <Poco/JSON/Object.h>

#include <map>
#include <utility>

#include "host/base/json.hpp"
#include "host/base/json_document.hpp"
#include "host/call/types.hpp"
#include "host/control/call_messages.hpp"
#include "host/control/leg_acts.hpp"

namespace hookswitch::control {

namespace {

constexpr std::uint32_t ring_s = 30;
constexpr std::size_t most_arguments = 16 * 1024, most_announced = 500;

using Texts = std::map<std::string, std::string>;

/// The members of the arguments that are texts; what else a model adds is of no account.
base::Result<Texts> read(const std::string& arguments_json) {
  if (arguments_json.size() > most_arguments) return base::Failure("the arguments are too long");
  const auto document = json::parse(arguments_json, {16, 64});
  if (!document || document->type() != typeid(Poco::JSON::Object::Ptr))
    return base::Failure("the arguments are no JSON object");
  Texts texts;
  const auto object = document->extract<Poco::JSON::Object::Ptr>();
  for (auto& name : object->getNames())
    if (const auto value = object->get(name); !value.isEmpty() && value.isString())
      texts[name] = value.extract<std::string>();
  return texts;
}

EndpointAnswer failure(const std::string& why) { return {toolFailure(why), true}; }

/// What the model hears of a refusal. The names of configuration keys would only be read out to the caller.
std::string wordsFor(const Refusal& refusal) {
  if (refusal.why == Why::not_allowed) return "calls to that number are not allowed";
  if (refusal.why == Why::too_many) return "too many calls have been made; try again later";
  return refusal.error;
}

}  // namespace

void OwnTools::run(const std::string& call, const std::string& name, const std::string& arguments_json, Then then) {
  if (name == send_dtmf) return keys(call, arguments_json, std::move(then));
  if (name == transfer_call) return transfer(call, arguments_json, std::move(then));
  then(failure("there is no such tool"));
}

void OwnTools::keys(const std::string& call, const std::string& arguments_json, Then then) {
  auto texts = read(arguments_json);
  if (!texts) return then(failure(texts.error()));
  const std::string& digits = (*texts)["digits"];
  if (digits.empty() || digits.size() > LegActs::most_keys ||
      digits.find_first_not_of(LegActs::key_letters) != digits.npos)
    return then(failure("digits must be 1 to 64 of 0-9 * # A-D and w"));
  acts_.agentKeys(call, digits, [then](const Accepted& done, call::TransferState) {
    then(done ? EndpointAnswer{json::Object().add("status", "sent").str(), false} : failure(wordsFor(done.error())));
  });
}

void OwnTools::transfer(const std::string& call, const std::string& arguments_json, Then then) {
  auto texts = read(arguments_json);
  if (!texts) return then(failure(texts.error()));
  const std::string& to = (*texts)["to"];
  std::string announce = (*texts)["announce"];
  if (!call::isE164(to)) return then(failure("to must be a phone number in E.164 form, such as +15550100002"));
  if (announce.size() > most_announced) return then(failure("announce must be at most 500 bytes long"));
  acts_.agentTransfer(call, to, announce, ring_s, [then](const Accepted& done, call::TransferState state) {
    then(done ? EndpointAnswer{json::Object().add("status", name(state)).str(), true}
              : failure(wordsFor(done.error())));
  });
}

}  // namespace hookswitch::control
