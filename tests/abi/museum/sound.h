/* A plugin without a fault in plain C: each specimen that includes this changes one thing. It hooks NOTIFY and answers.
 */
#ifndef HOOKSWITCH_TESTS_ABI_SOUND_H
#define HOOKSWITCH_TESTS_ABI_SOUND_H
#include <hookswitch/abi.h>

#include <stdlib.h>
#include <string.h>

struct hks_session {
  unsigned seen;
};

static hks_session* HKS_CALL sound_open(void) { return calloc(1, sizeof(hks_session)); }
static void HKS_CALL sound_close(hks_session* s) { free(s); }
static hks_status HKS_CALL sound_step(hks_session* s, const hks_msg* in, const hks_sink* out) {
  s->seen++;
  if (in->type == HKS_START) {
    hks_hook hook = {{sizeof hook, HKS_HOOK, 0}, HKS_PHASE_NOTIFY, 1000};
    return out->put(out, &hook.msg);
  }
  if (in->type == HKS_CALL_PHASE) {
    hks_hook_done done = {{sizeof done, HKS_HOOK_DONE, in->id}, HKS_HOOK_OK, 0, 0, {NULL, 0}, {NULL, 0}};
    return out->put(out, &done.msg);
  }
  return HKS_OK;
}
static const hks_role sound_role = {sound_open, sound_step, sound_close};
static inline const void* HKS_CALL sound_get(const char* id) {
  return strcmp(id, HKS_ROLE_CONTROL) ? NULL : &sound_role;
}

#endif
