// One call per speech model among the stand-ins, every step printed: host/run.sh --place-demo-call.
#include <poll.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/system/audio.hpp"
#include "tests/system/http.hpp"

using namespace system_test;

namespace {

void nap(int ms) { ::poll(nullptr, 0, ms); }

struct Stop {
  std::string why;
};

void step(const std::string& text) {
  std::printf("   %s\n", text.c_str());
  std::fflush(stdout);
}

Json get(const std::string& url) {
  const Answer answer = http("GET", url);
  if (answer.status != 200) throw Stop{"GET " + url + " answered " + std::to_string(answer.status) + " " + answer.body};
  return answer.json();
}

/// The audio that was played to the caller, once it has not grown for a second.
std::string heardToTheEnd(const std::string& stand_ins, const std::string& id) {
  std::string heard;
  for (int quiet = 0, turns = 0; turns < 300; ++turns, nap(100)) {
    const std::string now = trimSilence(http("GET", stand_ins + "/twilio/calls/" + id + "/heard").body);
    quiet = now.size() == heard.size() ? quiet + 1 : 0;
    heard = now;
    if (!heard.empty() && quiet >= 10) return heard;
  }
  throw Stop{"the caller heard nothing steady within 30 s"};
}

/// A machine that is busy with something else plays late, and what comes late has pauses in it. With
/// HOOKSWITCH_DEMO_BUSY=1 that is said and not refused: everything but the audio must be as ever.
void differs(const std::string& how) {
  const char* busy = std::getenv("HOOKSWITCH_DEMO_BUSY");
  if (!busy || *busy != '1') throw Stop{how + "; is this machine busy with something else?"};
  step("audio: " + how);
}

void checkAudio(const std::string& voice, const std::string& stand_ins, const std::string& id,
                const std::string& heard) {
  const std::string line = http("GET", stand_ins + "/twilio/calls/" + id + "/line").body;
  char text[160];
  if (voice == "openai") {
    if (line.find(heard) == std::string::npos)
      return differs("what came back is not, sample for sample, what was said");
    std::snprintf(text, sizeof text,
                  "audio: %.2f s came back, sample for sample what was said (mu-law passed through untouched)",
                  double(heard.size()) / 8000);
  } else {
    const std::string part = heard.substr(0, 16000);
    const double alike = correlation(line, part);
    if (alike <= 0.95)
      return differs("what came back correlates with what was said by " + std::to_string(alike) +
                     " only; expected more than 0.95");
    std::snprintf(text, sizeof text,
                  "audio: %.2f s came back through 16 and 24 kHz; correlation with what was said %.4f",
                  double(heard.size()) / 8000, alike);
  }
  step(text);
}

void demoCall(const std::string& gateway, const std::string& stand_ins, const std::string& voice) {
  std::printf("\n== a call with %s\n", voice.c_str());
  const Json request = {{"to", "+15550100002"},
                        {"voice", voice},
                        {"webhook_url", gateway},
                        {"prompt", "You answer the phone. Be brief."}};
  step("POST /api/call " + request.dump());
  const Answer placed = http("POST", gateway + "/api/call", request.dump());
  step(std::to_string(placed.status) + " " + placed.body);
  if (placed.status != 201) throw Stop{"the call was not placed"};
  const std::string id = placed.json()["call_id"];
  step("call id: " + id);
  std::string status;
  for (int turns = 0; status != "in-progress"; ++turns, nap(5)) {
    const std::string now = get(gateway + "/api/calls/" + id)["status"];
    if (now != status) step("status: " + now);
    status = now;
    if (turns > 4000 || status == "ended") throw Stop{"the call did not get in progress"};
  }
  step("the caller speaks, the model answers ...");
  const std::string heard = heardToTheEnd(stand_ins, id);
  checkAudio(voice, stand_ins, id, heard);
  step("POST /api/calls/" + id + "/end");
  const Answer ended = http("POST", gateway + "/api/calls/" + id + "/end");
  step(std::to_string(ended.status) + " " + ended.body);
  if (ended.status != 200) throw Stop{"the call was not ended"};
  Json detail;
  for (int turns = 0; turns < 500; ++turns, nap(20)) {
    detail = get(gateway + "/api/calls/" + id);
    bool open = detail["status"] != "ended";
    for (auto& row : detail["teardown"]) open |= row["state"] == "pending" || row["state"] == "retrying";
    if (!open) break;
  }
  std::printf("   status: %s, outcome %s, ended by %s, %.1f s\n   transcript:\n",
              detail["status"].get<std::string>().c_str(), detail["outcome"].get<std::string>().c_str(),
              detail["ended_by"].get<std::string>().c_str(), detail["duration_s"].get<double>());
  for (auto& line : detail["transcript"])
    std::printf("      %-9s %s\n", line["speaker"].get<std::string>().c_str(), line["text"].get<std::string>().c_str());
  std::printf("   teardown:\n      %-11s %-9s %-9s %5s %8s  %s\n", "phase", "plugin", "state", "ms", "attempts",
              "error");
  for (auto& row : detail["teardown"]) {
    std::printf("      %-11s %-9s %-9s %5d %8d  %s\n", row["phase"].get<std::string>().c_str(),
                row["plugin"].get<std::string>().c_str(), row["state"].get<std::string>().c_str(), row["ms"].get<int>(),
                row["attempts"].get<int>(), row["error"].get<std::string>().c_str());
    const std::string state = row["state"];
    if (state != "done" && state != "skipped") throw Stop{"a hook of the teardown is " + state};
  }
  const Json carrier = get(stand_ins + "/twilio/calls/" + id);
  step("the carrier says: " + carrier["status"].get<std::string>() +
       ", hang-up requests: " + carrier["hang_up_requests"].dump());
  if (!carrier["over"].get<bool>()) throw Stop{"the leg is still up at the carrier"};
  if (detail["transcript"].size() < 2) throw Stop{"the transcript lacks one of the two sides"};
}

}  // namespace

int main(int argc, char** argv) {
  std::string gateway, stand_ins;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!std::strcmp(argv[i], "--gateway")) gateway = argv[i + 1];
    if (!std::strcmp(argv[i], "--stand-ins")) stand_ins = argv[i + 1];
  }
  if (gateway.empty() || stand_ins.empty()) {
    std::fprintf(stderr, "usage: hookswitch-demo --gateway URL --stand-ins URL\n");
    return 1;
  }
  try {
    // The stand-ins do not understand speech; they write down what host/run.sh had the synthesiser say.
    const Json words = {
        {"user_text", "Hello. I would like to know whether you are open on Saturday afternoon, please."},
        {"assistant_text", "(the caller's own words, echoed)"}};
    for (const char* voice : {"openai", "gemini"}) http("POST", stand_ins + "/" + voice + "/configure", words.dump());
    for (const char* voice : {"openai", "gemini"}) demoCall(gateway, stand_ins, voice);
    std::printf("\n== both calls went well\n");
    return 0;
  } catch (const Stop& stop) {
    std::fprintf(stderr, "\n== the demonstration failed: %s\n", stop.why.c_str());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "\n== the demonstration failed: %s\n", e.what());
  }
  return 1;
}
