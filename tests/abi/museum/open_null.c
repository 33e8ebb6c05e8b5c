/* Misbehaves: refuses to open a session, although it loads. */
#include "sound.h"

static hks_session* HKS_CALL refuse(void) { return (void)sound_open, NULL; }
static const hks_role refusing = {refuse, sound_step, sound_close};
static const void* HKS_CALL get(const char* id) { return sound_get(id) ? &refusing : NULL; }

const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR, HKS_ABI_MINOR,     sizeof(hks_entry), 0,
                                    "open_null",   "Refuses to open", "1.0.0",           get};
