// Misbehaves: linked without hookswitch_add_plugin, it exports an inline variable that the dynamic loader makes one in
// the whole process. Of unique_a and unique_b, both would answer with the words of the first.
#include <hookswitch/plugin.hpp>

namespace shared_by_accident {
template <class T>
struct Words {
  static inline const char* words = UNIQUE_ID;
};
template struct Words<int>;
}  // namespace shared_by_accident

namespace {
class Unique : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override { out.route("GET", "/" UNIQUE_ID, HKS_ROUTE_OPEN); }
  void onHttpRequest(const hks_http& request, hks::Out& out) override {
    out.reply(request.msg.id, 200, "text/plain", shared_by_accident::Words<int>::words);
  }
};
}  // namespace

HKS_PLUGIN(UNIQUE_ID, "Unique", "1.0.0", hks::Control<Unique>);
