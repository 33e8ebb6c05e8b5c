/* Defect: twin_a has the same id. Whichever is loaded first stays. */
#include "sound.h"

const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR, HKS_ABI_MINOR, sizeof(hks_entry), 0,
                                    "twin",        "Twin B",      "1.0.0",           sound_get};
