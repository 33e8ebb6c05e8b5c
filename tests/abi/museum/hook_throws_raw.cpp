// Misbehaves: lets a C++ exception leave step(), which the ABI forbids and the wrapper would have stopped. A host that
// does not expect it dies of it.
#include <hookswitch/abi.h>

#include <cstring>
#include <stdexcept>

struct hks_session {
  int unused;
};

namespace {
hks_session the_session{};

hks_session* HKS_CALL open() { return &the_session; }
void HKS_CALL close(hks_session*) {}
hks_status HKS_CALL step(hks_session*, const hks_msg* in, const hks_sink* out) {
  if (in->type == HKS_CALL_PHASE) throw std::runtime_error("an exception that crossed the boundary");
  if (in->type != HKS_START) return HKS_OK;
  hks_hook hook{{sizeof hook, HKS_HOOK, 0}, HKS_PHASE_NOTIFY, 300};
  return out->put(out, &hook.msg);
}
constexpr hks_role role{&open, &step, &close};
const void* HKS_CALL get(const char* id) { return std::strcmp(id, HKS_ROLE_CONTROL) ? nullptr : &role; }
}  // namespace

extern "C" const hks_entry hks_plugin_entry = {
    HKS_ABI_MAJOR, HKS_ABI_MINOR, sizeof(hks_entry), 0, "hook_throws_raw", "Exception across the boundary",
    "1.0.0",       &get};
