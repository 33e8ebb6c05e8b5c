// GET /api/calls/{id}/transcript: what was said in a call, and when.
#include <memory>
#include <utility>

#include "host/api/call_lookup.hpp"
#include "host/api/context.hpp"
#include "host/api/fields.hpp"
#include "host/api/parameters.hpp"
#include "host/api/reply.hpp"
#include "host/api/routes.hpp"
#include "host/api/transcript_text.hpp"

namespace hookswitch::api {
namespace {

struct Wanted {
  TranscriptText::Format format = TranscriptText::Format::json;
};

bool takeTranscriptFormat(Wanted& wanted, const std::string& value) {
  using Format = TranscriptText::Format;
  if (value == "json")
    wanted.format = Format::json;
  else if (value == "text")
    wanted.format = Format::text;
  else if (value == "vtt")
    wanted.format = Format::vtt;
  else
    return false;
  return true;
}

const std::vector<Parameter<Wanted>>& transcriptParameters() {
  static const std::vector<Parameter<Wanted>> table = {
      {{"format", "string", "text, vtt or json"}, takeTranscriptFormat, true}};
  return table;
}

/// Written where it holds up nobody, and a long one in parts, as fast as the client takes them. [control]
void answerTranscript(Context& context, call::Record record, std::uint64_t now_unix_ms, Wanted wanted,
                      net::HttpResponder respond) {
  const auto offload = context.host.offload;
  const auto taken = std::make_shared<call::Record>(std::move(record));
  offload([offload, taken, now_unix_ms, wanted, respond = std::move(respond)] {
    const auto text = std::make_shared<TranscriptText>(std::move(*taken), now_unix_ms, wanted.format);
    net::HttpReply answer = reply(200, text->next(), TranscriptText::contentType(wanted.format));
    if (!text->done())
      answer.more = [offload, text](net::HttpPart deliver) {
        offload([text, deliver = std::move(deliver)] {
          std::string part = text->next();
          deliver(std::move(part), text->done());
        });
      };
    respond(std::move(answer));
  });
}

void showTranscript(Context& context, Asked asked) {
  Wanted wanted;
  if (const auto read = readQuery(asked.request->query(), transcriptParameters(), wanted); !read)
    return asked.respond(badRequest(read.error()));
  context.control.post([&context, wanted, id = asked.names[0], respond = std::move(asked.respond)] {
    findCall(
        context, id, respond,
        [&](const control::CallView& call) {
          answerTranscript(context, *call.record, call.now_unix_ms, wanted, respond);
        },
        [&context, wanted, respond](store::StoredCall call) {
          answerTranscript(context, std::move(call.record), context.control.unixMs(), wanted, respond);
        });
  });
}

}  // namespace

std::vector<Route> transcriptRoutes() {
  return {{"GET", "/api/calls/{id}/transcript", Who::key, showTranscript, "shows what was said in a call, and when",
           described(transcriptParameters())}};
}

}  // namespace hookswitch::api
