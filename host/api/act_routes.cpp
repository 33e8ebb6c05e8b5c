// What is asked of a call that runs: mute and unmute, a sentence, keys, a transfer, other instructions.
#include <algorithm>
#include <optional>
#include <utility>

#include "host/api/call_json.hpp"
#include "host/api/context.hpp"
#include "host/api/fields.hpp"
#include "host/api/reply.hpp"
#include "host/api/routes.hpp"
#include "host/base/ids.hpp"
#include "host/base/json.hpp"
#include "host/call/types.hpp"
#include "host/control/acts.hpp"
#include "host/control/leg_acts.hpp"

namespace hookswitch::api {
namespace {

using control::Accepted;
using control::Acts;

/// How many characters, not bytes: continuation bytes of UTF-8 count nothing.
std::size_t characters(const std::string& text) {
  return std::size_t(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

bool isSentence(const std::string& text) { return characters(text) <= 2000; }

struct Saying {
  std::string text;
  bool interrupt = false;
};
const std::vector<Field<Saying>>& sayFields() {
  static const std::vector<Field<Saying>> table = {
      needed(textField("text", &Saying::text, 8000, Lines::several, "what the agent says, 1 to 2000 characters",
                       isSentence, "1 to 2000 characters long")),
      flagField("interrupt", &Saying::interrupt, "what the agent is saying is broken off for it; default false")};
  return table;
}

struct Prompting {
  std::string prompt;
};
const std::vector<Field<Prompting>>& promptFields() {
  static const std::vector<Field<Prompting>> table = {needed(textField(
      "prompt", &Prompting::prompt, 32 * 1024, Lines::several, "system instruction of the speech model from now on"))};
  return table;
}

constexpr const char* phone_number = "a phone number in E.164 form, such as +15550100002";
bool isE164Number(const std::string& text) { return call::isE164(text); }

bool areKeys(const std::string& text) {
  return text.find_first_not_of(control::LegActs::key_letters) == std::string::npos;
}

struct Keys {
  std::string digits;
};
const std::vector<Field<Keys>>& keyFields() {
  static const std::vector<Field<Keys>> table = {needed(textField(
      "digits", &Keys::digits, 64, Lines::one, "keys to press, 1 to 64 of 0-9 * # A-D; w is half a second of silence",
      areKeys, "1 to 64 of 0-9, *, #, A-D and w"))};
  return table;
}

struct Transferring {
  std::string to, announce;
  std::uint32_t timeout_s = 30;
};
bool isAnnouncement(const std::string& text) { return characters(text) <= 500; }
const std::vector<Field<Transferring>>& transferFields() {
  using T = Transferring;
  static const std::vector<Field<T>> table = {
      needed(textField("to", &T::to, 64, Lines::one, "the number to connect the far end with, E.164", isE164Number,
                       phone_number)),
      textField("announce", &T::announce, 2000, Lines::several,
                "what the carrier says to the far end before it rings there, at most 500 characters", isAnnouncement,
                "at most 500 characters long"),
      wholeField("timeout_s", &T::timeout_s, 5, 600, " of seconds", "how long it may ring there; default 30")};
  return table;
}

struct Nothing {};

/// A body is not needed; what is in it must be nothing.
base::Result<void> readNothing(const net::HttpRequest& request) {
  Nothing nothing;
  if (request.body.empty()) return {};
  return readBody(request.body, std::vector<Field<Nothing>>{}, nothing);
}

/// `accepted`: the answer when the act is done or on its way. A call that is not in memory may be one of the store's:
/// then it is over. [control]
void answerAct(Context& context, const std::string& id, const Accepted& act, net::HttpReply accepted, const char* word,
               const net::HttpResponder& respond) {
  if (act) return respond(std::move(accepted));
  const control::Refusal& no = act.error();
  if (no.why != control::Why::unknown || !base::isId(id)) return respond(net::errorReply(statusOf(no), no.error));
  context.calls.ledger().store().find(id, [respond, no, word](store::Answer<std::optional<store::StoredCall>> stored) {
    if (!stored.readable) return respond(unreadable());
    respond(stored.value ? net::errorReply(409, control::notNow(name(call::Status::ended), word))
                         : net::errorReply(statusOf(no), no.error));
  });
}

net::HttpReply onItsWay() { return reply(202, json::Object().add("success", true).str()); }

void setMute(Context& context, Asked asked, bool on) {
  if (const auto body = readNothing(*asked.request); !body) return asked.respond(badRequest(body.error()));
  context.control.post([&context, on, id = asked.names[0], respond = std::move(asked.respond)] {
    answerAct(context, id, context.calls.acts().mute(id, on),
              reply(200, json::Object().add("success", true).add("muted", on).str()), on ? "muted" : "unmuted",
              respond);
  });
}

void mute(Context& context, Asked asked) { setMute(context, std::move(asked), true); }
void unmute(Context& context, Asked asked) { setMute(context, std::move(asked), false); }

void say(Context& context, Asked asked) {
  Saying saying;
  if (const auto body = readBody(asked.request->body, sayFields(), saying); !body)
    return asked.respond(badRequest(body.error()));
  if (saying.text.find_first_not_of(" \t\r\n") == std::string::npos)
    return asked.respond(badRequest("'text' must be 1 to 2000 characters long"));
  context.control.post([&context, saying, id = asked.names[0], respond = std::move(asked.respond)] {
    answerAct(context, id, context.calls.acts().say(id, saying.text, saying.interrupt), onItsWay(), "spoken in",
              respond);
  });
}

void prompt(Context& context, Asked asked) {
  Prompting wanted;
  if (const auto body = readBody(asked.request->body, promptFields(), wanted); !body)
    return asked.respond(badRequest(body.error()));
  if (wanted.prompt.find_first_not_of(" \t\r\n") == std::string::npos)
    return asked.respond(badRequest("'prompt' must not be empty"));
  context.control.post([&context, wanted, id = asked.names[0], respond = std::move(asked.respond)] {
    answerAct(context, id, context.calls.acts().prompt(id, wanted.prompt), onItsWay(), "given other instructions",
              respond);
  });
}

void dtmf(Context& context, Asked asked) {
  Keys keys;
  if (const auto body = readBody(asked.request->body, keyFields(), keys); !body)
    return asked.respond(badRequest(body.error()));
  if (keys.digits.empty()) return asked.respond(badRequest("'digits' must be 1 to 64 of 0-9, *, #, A-D and w"));
  context.control.post([&context, keys, id = asked.names[0], respond = std::move(asked.respond)] {
    context.calls.legActs().keys(id, keys.digits, [&context, id, respond](const Accepted& act) {
      answerAct(context, id, act, onItsWay(), "sent keys", respond);
    });
  });
}

void transfer(Context& context, Asked asked) {
  Transferring wanted;
  if (const auto body = readBody(asked.request->body, transferFields(), wanted); !body)
    return asked.respond(badRequest(body.error()));
  if (wanted.to.empty()) return asked.respond(badRequest("Missing 'to' phone number"));
  context.control.post([&context, wanted, id = asked.names[0], respond = std::move(asked.respond)] {
    context.calls.legActs().transfer(id, wanted.to, wanted.announce, wanted.timeout_s,
                                     [&context, id, respond](const Accepted& act) {
                                       answerAct(context, id, act, onItsWay(), "transferred", respond);
                                     });
  });
}

}  // namespace

std::vector<Route> actRoutes() {
  return {{"POST", "/api/calls/{id}/mute", Who::key, mute, "what the caller says no longer reaches the model"},
          {"POST",
           "/api/calls/{id}/transfer",
           Who::key,
           transfer,
           "connects the far end with another number",
           {},
           described(transferFields())},
          {"POST", "/api/calls/{id}/unmute", Who::key, unmute, "it does again"},
          {"POST", "/api/calls/{id}/say", Who::key, say, "the agent says this", {}, described(sayFields())},
          {"POST",
           "/api/calls/{id}/dtmf",
           Who::key,
           dtmf,
           "presses keys on the far end's line",
           {},
           described(keyFields())},
          {"POST",
           "/api/calls/{id}/prompt",
           Who::key,
           prompt,
           "other instructions for the model",
           {},
           described(promptFields())}};
}

}  // namespace hookswitch::api
