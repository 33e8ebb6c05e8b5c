// No defect: a plugin of a later minor version, built against a header whose records and entry are longer (see
// later_abi.cmake). It must load; what it sends is longer than the host knows, and one message is unknown to it.
#include <hookswitch/plugin.hpp>

#include <cstring>

namespace {

class NewerMinor : public hks::Session {
  void onStart(const hks_start& start, hks::Out& out) override {
    // A host of 1.0 did not write these: they must read as nothing.
    const bool zero = start.later_number == 0 && start.later_text.size == 0;
    out.log(HKS_INFO, zero ? "the host is older" : "the host knows the later fields");
    out.hook(HKS_PHASE_NOTIFY, 1000);
  }
  void onPhase(const hks_phase& phase, hks::Out& out) override {
    const auto record = hks::record<hks_record>(phase.record);
    const auto last =
        record.line_count ? hks::element(record.lines, record.line_size, record.line_count - 1) : hks_line{};
    out.log(HKS_INFO, "last line: " + std::string(hks::text(last.text)));
    out.hookDone(phase.msg.id);
  }
};

using Role = hks::Control<NewerMinor>;

}  // namespace

extern "C" {
HKS_EXPORT extern const hks_entry hks_plugin_entry;
const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR, HKS_ABI_MINOR, sizeof(hks_entry), 0,  "newer_minor",
                                    "Newer minor", "1.0.0",       &hks::get<Role>,   77, {"later", 5}};
}
static_assert(sizeof(hks_entry) > HKS_ENTRY_SIZE_1_0, "this file must be compiled against the later header");
