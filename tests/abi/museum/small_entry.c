/* Defect: the entry says that it is shorter than that of ABI 1.0. */
#include "sound.h"

const hks_entry hks_plugin_entry = {
    HKS_ABI_MAJOR, HKS_ABI_MINOR, HKS_ENTRY_SIZE_1_0 - 8, 0, "small_entry", "Small entry", "1.0.0", sound_get};
