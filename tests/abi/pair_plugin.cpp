// Reads every record with everything in it and sends every message there is. Built against today's header and against
// a later one, whose records are longer: see pair_script.hpp.
#include <hookswitch/plugin.hpp>

#include <string>

namespace {

std::string text(hks_str s) { return std::string(hks::text(s)); }

class Pair : public hks::Session {
  void onStart(const hks_start& start, hks::Out& out) override {
    std::string all = text(start.public_url) + " " + text(start.host_version) + " " + hks::Settings(start)["key"];
    for (uint64_t i = 0; i < start.history_count; ++i)
      all += " " + text(hks::element(start.history, start.line_size, i).text);
    for (uint64_t i = 0; i < start.tool_count; ++i)
      all += " " + text(hks::element(start.tools, start.tool_size, i).name);
    out.log(HKS_INFO, all);
    if (start.call) out.log(HKS_INFO, text(hks::record<hks_call>(start.call).metadata_json));
#ifdef HKS_IS_LATER
    const auto call = hks::record<hks_call>(start.call);
    out.log(HKS_DEBUG, "later: " + std::to_string(start.later_number) + text(start.later_text) +
                           std::to_string(call.later_number) + text(call.later_text));
#endif
  }
  void onPhase(const hks_phase& phase, hks::Out& out) override {
    const auto record = hks::record<hks_record>(phase.record);
    std::string all =
        text(phase.event_id) + " " + text(record.reason) + " " + text(hks::record<hks_call>(record.call).greeting);
    for (uint64_t i = 0; i < record.line_count; ++i)
      all += " " + text(hks::element(record.lines, record.line_size, i).text);
    out.hookDone(phase.msg.id, HKS_HOOK_RETRY, all, 77);
  }
  void onPlace(const hks_call& c, hks::Out& out) override {
    out.placed(c.msg.id, c.to_number.data ? hks::text(c.to_number) : "none");
  }
  void onHttpRequest(const hks_http& r, hks::Out& out) override {
    out.reply(
        r.msg.id, 200, "text/plain",
        text(r.method) + text(r.url) + std::string(hks::header(r, "x")) + text(hks::record<hks_call>(r.call).call));
  }
  void onNotice(const hks_notice& n, hks::Out& out) override {
    out.notice(hks::text(n.call), hks::text(n.text), n.level);
    out.call(5, {"POST", "https://example.com/", {{"a", "b"}}, "body", 99});
    out.timer(6, 7);
    out.route("GET", "/x", HKS_ROUTE_OPEN, "call");
    out.hook(HKS_PHASE_RECORD, 8);
    out.tool("name", "description", "{}");
    out.state("call", "remote", HKS_OVER, HKS_BUSY, "reason", 9);
    out.endCall("reason", HKS_BY_FAULT, "call", HKS_END_AFTER_PLAYBACK);
    out.send(10, "data");
    out.connect(11, {"GET", "wss://example.com/"});
    out.close(11, 1001, "bye");
    out.offer(12, "+1", "+2", "CA1");
    out.failed(13, "no");
    out.swept(14, "half");
    out.keep(15, "key", "secret");
    out.toolResult(16, "{}", true);
#ifdef HKS_IS_LATER
    hks_later later{};
    later.msg = {sizeof later, HKS_LATER, 0};
    later.later_text = hks::str("later"), later.later_number = 5;
    const bool known = out.knows(HKS_LATER) == sizeof later;
    const hks_status status = out.put(later.msg);
    out.log(HKS_INFO, std::string("LATER: ") + (known ? "known, " : "unknown, ") +
                          (status == HKS_OK            ? "taken"
                           : status == HKS_UNSUPPORTED ? "unsupported"
                                                       : "refused"));
#endif
  }
};

}  // namespace

HKS_PLUGIN("pair", "Pair", "1.0.0", hks::Notifier<Pair>);
