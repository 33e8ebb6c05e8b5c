/* The smallest plugin there is: a notifier that listens to nothing. */
#include <hookswitch/abi.h>

static hks_session* HKS_CALL openOne(void) { return (hks_session*)&hks_plugin_entry; }
static hks_status HKS_CALL step(hks_session* session, const hks_msg* in, const hks_sink* out) {
  (void)session;
  (void)in;
  (void)out;
  return HKS_OK;
}
static void HKS_CALL closeOne(hks_session* session) { (void)session; }
static const hks_role role = {openOne, step, closeOne};

static const void* HKS_CALL get(const char* id) {
  const char* wanted = HKS_ROLE_NOTIFIER;
  while (*id && *id == *wanted) {
    ++id;
    ++wanted;
  }
  return *id == *wanted ? &role : 0;
}
const hks_entry hks_plugin_entry = {
    HKS_ABI_MAJOR, HKS_ABI_MINOR, sizeof(hks_entry), 0, "smallest", "The smallest", "1.2", get};
