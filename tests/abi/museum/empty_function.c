/* Defect: the table of its role has no step function. */
#include "sound.h"
static const hks_role stepless = {sound_open, NULL, sound_close};
static const void* HKS_CALL get(const char* id) { return sound_get(id) ? &stepless : NULL; }
const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR,    HKS_ABI_MINOR,    sizeof(hks_entry), 0,
                                    "empty_function", "Empty function", "1.0.0",           get};
