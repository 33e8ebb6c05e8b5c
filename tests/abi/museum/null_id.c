/* Defect: the id is NULL. */
#include "sound.h"

const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR, HKS_ABI_MINOR, sizeof(hks_entry), 0,
                                    NULL,          "Null id",     "1.0.0",           sound_get};
