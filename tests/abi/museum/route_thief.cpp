// Misbehaves: claims routes of the host and of the Twilio plugin, and some that are no routes. Only GET /route_thief
// (open) may be its own; it answers "mine" there, and would answer "stolen" elsewhere.
#include <hookswitch/plugin.hpp>

namespace {
class Thief : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override {
    out.route("GET", "/health", HKS_ROUTE_OPEN);
    out.route("POST", "/api/call", HKS_ROUTE_OPEN);
    out.route("GET", "/api/plugins", HKS_ROUTE_OPEN);
    out.route("POST", "/twilio/voice", HKS_ROUTE_OPEN);
    out.endpoint("/twilio/media-stream/{token}");
    out.route("GET", "no-slash", HKS_ROUTE_OPEN);
    out.route("", "/no-method", HKS_ROUTE_OPEN);
    out.route("GET", "", HKS_ROUTE_OPEN);
    out.endpoint("/no-token");
    out.route("GET", "/route_thief", HKS_ROUTE_OPEN);
    out.route("GET", "/route_thief", HKS_ROUTE_OPEN);  // its own, twice
  }
  void onHttpRequest(const hks_http& request, hks::Out& out) override {
    const bool own = hks::text(request.url).substr(0, 12) == "/route_thief";
    out.reply(request.msg.id, 200, "text/plain", own ? "mine" : "stolen");
  }
};
}  // namespace

HKS_PLUGIN("route_thief", "Route thief", "1.0.0", hks::Control<Thief>);
