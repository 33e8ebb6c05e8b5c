/* No defect: the control of the experiment. */
#include "sound.h"

const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR, HKS_ABI_MINOR, sizeof(hks_entry), 0,
                                    "sound",       "Sound",       "1.0.0",           sound_get};
