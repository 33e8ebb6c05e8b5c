/* No defect: needs a library that lies beside it, and finds it by $ORIGIN. */
#include "sound.h"

int besideHelper(void);

static const void* HKS_CALL beside_get(const char* id) { return besideHelper() == 42 ? sound_get(id) : NULL; }

const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR, HKS_ABI_MINOR, sizeof(hks_entry), 0,
                                    "beside",      "Beside",      "1.0.0",           beside_get};
