/* Defect: an id of 33 characters, one too many. */
#include "sound.h"

const hks_entry hks_plugin_entry = {
    HKS_ABI_MAJOR, HKS_ABI_MINOR, sizeof(hks_entry), 0, "a23456789012345678901234567890123",
    "Long id",     "1.0.0",       sound_get};
