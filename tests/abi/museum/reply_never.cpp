// Misbehaves: claims GET /reply_never (open) and never answers, and GET /reply_twice (open), which it answers twice.
// The clients must get 503 after the host's deadline, and the first answer.
#include <hookswitch/plugin.hpp>

namespace {
class Never : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override {
    out.route("GET", "/reply_never", HKS_ROUTE_OPEN);
    out.route("GET", "/reply_twice", HKS_ROUTE_OPEN);
  }
  void onHttpRequest(const hks_http& request, hks::Out& out) override {
    if (hks::text(request.url).substr(0, 12) != "/reply_twice") return;
    out.reply(request.msg.id, 200, "text/plain", "first");
    out.reply(request.msg.id, 500, "text/plain", "second");
    out.reply(request.msg.id + 1, 500, "text/plain", "somebody else's");
  }
};
}  // namespace

HKS_PLUGIN("reply_never", "Never replies", "1.0.0", hks::Control<Never>);
