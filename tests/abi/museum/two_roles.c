/* Defect: control and notifier at once; a plugin has at most one of them. */
#include "sound.h"
static const void* HKS_CALL both(const char* id) { return strcmp(id, HKS_ROLE_NOTIFIER) ? sound_get(id) : &sound_role; }
const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR, HKS_ABI_MINOR, sizeof(hks_entry), 0,
                                    "two_roles",   "Two roles",   "1.0.0",           both};
