/* Defect: made for another major version of the ABI. */
#include "sound.h"

const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR + 1, 0,       sizeof(hks_entry), 0, "wrong_major",
                                    "Wrong major",     "1.0.0", sound_get};
