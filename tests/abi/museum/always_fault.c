/* Misbehaves: does its work (hooks NOTIFY and answers) but returns HKS_FAULT from every step. */
#include "sound.h"

static hks_status HKS_CALL faulty(hks_session* s, const hks_msg* in, const hks_sink* out) {
  sound_step(s, in, out);
  return HKS_FAULT;
}
static const hks_role role = {sound_open, faulty, sound_close};
static const void* HKS_CALL get(const char* id) { return sound_get(id) ? &role : NULL; }

const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR,  HKS_ABI_MINOR,     sizeof(hks_entry), 0,
                                    "always_fault", "Always at fault", "1.0.0",           get};
