/* Defect: get() answers NULL to every id, so there is nothing the plugin could do. */
#include "sound.h"
static const void* HKS_CALL no_roles(const char* id) { return (void)id, (void)sound_get, NULL; }
const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR, HKS_ABI_MINOR, sizeof(hks_entry), 0,
                                    "no_roles",    "No roles",    "1.0.0",           no_roles};
