// No defect: a required key without a value. The plugin is loaded but idle, and its START (which would throw) never
// comes.
#include <hookswitch/plugin.hpp>

#include <stdexcept>

namespace {
constexpr hks_key keys[] = {hks::key("token", HKS_TEXT, "", "Needed, and nobody gave one", HKS_SECRET | HKS_REQUIRED)};
class Idle : public hks::Session {
  void onStart(const hks_start&, hks::Out&) override { throw std::runtime_error("an idle plugin was started"); }
};
}  // namespace

HKS_PLUGIN("idle", "Idle", "1.0.0", hks::Keys<keys>, hks::Control<Idle>);
