/* Defect: the entry has no get function. */
#include "sound.h"

const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR, HKS_ABI_MINOR, sizeof(hks_entry), 0,
                                    "no_get",      "No get",      "1.0.0",           NULL};
