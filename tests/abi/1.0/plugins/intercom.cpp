// intercom - a carrier: the gateway calls, and is called by, a door intercom (or anything else on the network that
// speaks the little protocol below). What a carrier's plugin has to do, and when, in 200 lines; README.md of the SDK
// tells its life.
//
//   gateway -> box   POST <box>, a text of "name: value" lines, signed
//                    do: ring     call: <id>  to: <number>  media: <ws address>   2xx: it rings; anything else: refused
//                    do: hang-up  call: <id>                                      2xx: over; 404: no such call
//                    do: state    call: <id>                                      2xx: "ringing", "in-progress" or
//                    "over"
//   box -> gateway   POST /intercom/event, the same kind of text, signed
//                    event: call  call: <the box's id>  from: <number>  to: <number>
//                                 200: "call: <id>" and "media: <ws address>", which the box then opens; 503: nobody
//                                 can talk
//                    event: ringing | answered | over | busy | no-answer   call: <id>
//   box -> media     WebSocket to the media address when somebody speaks: binary messages are mu-law, 8000 Hz, both
//   ways;
//                    text from the gateway: "clear" (drop what is queued), "mark NAME" (say so when it has been
//                    played); text from the box: "mark NAME", "key 5", "bye"
//
// A text is signed by X-Intercom-Signature: the HMAC-SHA256 of the body with the shared secret, in lower-case hex.
// Signatures carry no time: every request may come twice without harm, because it names its call.
//
//   [intercom]
//   box = http://192.168.1.20:9000
//   secret = ...
//   ; POST /api/call rings the box
//   [calls]
//   carrier = intercom
//
// Build:
//   cmake -S . -B build -DCMAKE_PREFIX_PATH=<where the SDK is installed>
//   cmake --build build && ctest --test-dir build
// Use: copy build/plugins/intercom.so into the gateway's plugin directory and restart it.
#include <hookswitch/hmac.hpp>
#include <hookswitch/plugin.hpp>
#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

namespace {

constexpr uint32_t hook_ms = 8000, request_ms = 5000, ring_request_ms = 10000;
constexpr uint64_t again_ms = 1000;
constexpr size_t most_offers = 32;

constexpr hks_key keys[] = {
    hks::key("enabled", HKS_BOOLEAN, "true", "Whether this plugin works at all"),
    hks::key("box", HKS_URL, "", "Where the intercom takes requests", HKS_REQUIRED),
    hks::key("secret", HKS_TEXT, "", "Shared with the intercom; signs requests both ways", HKS_REQUIRED | HKS_SECRET),
};

/// The value of the line "name: value"; empty when there is none.
std::string field(hks::Text text, hks::Text name) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const hks::Text line = text.substr(begin, end - begin);
    if (line.size() > name.size() + 1 && line.substr(0, name.size()) == name && line.substr(name.size(), 2) == ": ")
      return hks::utf8::line(line.substr(name.size() + 2), 200);
    begin = end + 1;
  }
  return {};
}

/// Once in the gateway: dials, hears of incoming calls, hangs up. It never sees audio.
class Control : public hks::Session {
  void onStart(const hks_start& start, hks::Out& out) override {
    settings_ = hks::Settings(start);
    out.route("POST", "/intercom/event", HKS_ROUTE_OPEN);  // open: signed, so that the box needs no API key
    out.endpoint("/intercom/media/{token}");               // media_url of this carrier's calls leads here
    for (uint32_t phase : {HKS_PHASE_HANGUP, HKS_PHASE_CONFIRM, HKS_PHASE_SETTLE}) out.hook(phase, hook_ms);
  }

  /// POST /api/call. Exactly one answer, however long the box takes.
  void onPlace(const hks_call& call, hks::Out& out) override {
    const uint64_t id = call.msg.id;
    const std::string name(hks::text(call.call));
    const std::string text = "do: ring\ncall: " + name + "\nto: " + std::string(hks::text(call.to_number)) +
                             "\nmedia: " + std::string(hks::text(call.media_url)) + "\n";
    const bool sent = ask(text, ring_request_ms, out, [id, name](const hks_http& answer, hks::Out& o) {
      if (answer.status >= 200 && answer.status < 300)
        o.placed(id, name);  // the box names the leg by our id
      else
        o.failed(id, answer.status ? "the intercom refused: " + std::to_string(answer.status)
                                   : "the intercom does not answer: " + hks::utf8::line(hks::text(answer.body), 200));
    });
    if (!sent) out.failed(id, "the gateway took no more requests");
  }

  void onHttpRequest(const hks_http& request, hks::Out& out) override {
    const hks::Text body = hks::text(request.body);
    if (!hks::sameSecret(hks::header(request, "X-Intercom-Signature"), hks::hmacSha256Hex(settings_["secret"], body)))
      return void(out.reply(request.msg.id, 403));
    const std::string event = field(body, "event"), call = field(body, "call");
    if (event == "call") return offer(request.msg.id, body, out);
    out.reply(request.msg.id, 204);
    // What is not known here, or comes twice, or late, is the gateway's to sort out.
    if (event == "ringing")
      out.state(call, {}, HKS_RINGING);
    else if (event == "answered")
      out.state(call, {}, HKS_IN_PROGRESS);
    else if (event == "over")
      out.state(call, {}, HKS_OVER, HKS_COMPLETED, "the intercom says that the call is over");
    else if (event == "busy")
      out.state(call, {}, HKS_OVER, HKS_BUSY, "the intercom is busy");
    else if (event == "no-answer")
      out.state(call, {}, HKS_OVER, HKS_NO_ANSWER, "nobody answered the intercom");
  }

  /// The web request waits for the gateway's word; a repeated one is a repeated offer and gets the same call.
  void offer(uint64_t request, hks::Text body, hks::Out& out) {
    if (offers_.size() >= most_offers || field(body, "call").empty()) return void(out.reply(request, 503));
    const uint64_t id = ++last_offer_;
    if (out.offer(id, field(body, "from"), field(body, "to"), field(body, "call")))
      offers_[id] = request;
    else
      out.reply(request, 503);
  }
  void onAccepted(const hks_call& call, hks::Out& out) override {
    auto it = offers_.find(call.msg.id);
    if (it == offers_.end()) return;
    const std::string name(hks::text(call.call));
    out.reply(it->second, 200, "text/plain",
              "call: " + name + "\nmedia: " + std::string(hks::text(call.media_url)) + "\n");
    out.state(name, hks::text(call.remote_id), HKS_IN_PROGRESS);
    offers_.erase(it);
  }
  void onRefused(const hks_refusal& end, hks::Out& out) override {
    auto it = offers_.find(end.msg.id);
    if (it == offers_.end()) return;
    out.reply(it->second, 503, "text/plain", hks::text(end.reason));
    offers_.erase(it);
  }

  /// The end of a leg (HANGUP), the question whether it really is over (CONFIRM), and after a restart what became of it
  /// (SETTLE). Other carriers' calls come by here too.
  void onPhase(const hks_phase& phase, hks::Out& out) override {
    const auto call = hks::record<hks_call>(hks::record<hks_record>(phase.record).call);
    const uint64_t hook = phase.msg.id;
    if (hks::text(call.carrier) != "intercom") return void(out.hookDone(hook, HKS_HOOK_SKIP));
    const bool settle = phase.phase == HKS_PHASE_SETTLE, hang_up = !settle;
    const std::string name(hks::text(call.call));
    const std::string leg = call.remote_id.size ? std::string(hks::text(call.remote_id)) : name;
    const bool sent =
        ask(std::string("do: ") + (hang_up ? "hang-up" : "state") + "\ncall: " + leg + "\n", request_ms, out,
            [hook, hang_up, name](const hks_http& answer, hks::Out& o) {
              const bool good = answer.status >= 200 && answer.status < 300;
              const hks::Text said = hks::text(answer.body);
              if (good && !hang_up && said == "in-progress")
                o.state(name, {}, HKS_IN_PROGRESS);
              else if (good && !hang_up && said == "ringing")
                o.state(name, {}, HKS_RINGING);
              else if (good || answer.status == 404)
                o.state(name, {}, HKS_OVER, HKS_COMPLETED, "the intercom says that the call is over");
              else
                return void(o.hookDone(hook, HKS_HOOK_RETRY, "the intercom answered " + std::to_string(answer.status),
                                       again_ms));
              o.hookDone(hook);
            });
    if (!sent) out.hookDone(hook, HKS_HOOK_RETRY, "the gateway took no more requests", again_ms);
  }

  bool ask(const std::string& text, uint32_t ms, hks::Out& out, Then then) {
    const hks::Headers headers = {{"Content-Type", "text/plain"},
                                  {"X-Intercom-Signature", hks::hmacSha256Hex(settings_["secret"], text)}};
    return call(out, {"POST", settings_["box"], headers, text, ms}, std::move(then));
  }

  hks::Settings settings_;
  std::map<uint64_t, uint64_t> offers_;  // ours to the request that waits
  uint64_t last_offer_ = 0;
};

/// Once per call, opened when the box opens the call's media address: its one WebSocket, on the call's media loop.
class Media : public hks::Session {
  void onOpened(uint64_t conn, hks::Out& out) override {
    conn_ = conn;
    out.ready(HKS_PCMU_8K, HKS_PCMU_8K);  // from here on AUDIO flows both ways
  }
  void onData(const hks_data& data, hks::Out& out) override {
    const hks::Text bytes = hks::text(data.bytes);
    if (!data.is_text) {
      out.audio(HKS_PCMU_8K, bytes, {}, heard_us_);
      heard_us_ += bytes.size() * 125;  // 8 bytes are a millisecond
    } else if (bytes.substr(0, 5) == "mark ")
      out.mark(bytes.substr(5));
    else if (bytes.substr(0, 4) == "key ")
      out.dtmf(bytes.substr(4, 1));
    else if (bytes == "bye")
      out.endCall("the person at the intercom hung up", HKS_BY_CARRIER);
  }
  void onAudio(const hks_audio& audio, hks::Out& out) override { out.sendBinary(conn_, hks::text(audio.bytes)); }
  void onMark(hks::Text name, hks::Out& out) override { out.send(conn_, "mark " + std::string(name)); }
  void onFlush(hks::Out& out) override { out.send(conn_, "clear"); }
  void onClosed(const hks_closed& end, hks::Out& out) override {
    out.gone("the intercom closed its media connection (" + std::to_string(end.close_code) + ")", end);
  }
  uint64_t conn_ = 0, heard_us_ = 0;
};

}  // namespace

HKS_PLUGIN("intercom", "Intercom", "1.0.0", hks::Keys<keys>, hks::Control<Control>, hks::Carrier<Media>);
