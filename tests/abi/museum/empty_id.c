/* Defect: the id is empty. */
#include "sound.h"

const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR, HKS_ABI_MINOR, sizeof(hks_entry), 0, "",
                                    "Empty id",    "1.0.0",       sound_get};
