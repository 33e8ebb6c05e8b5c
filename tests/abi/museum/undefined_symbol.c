/* Defect: calls a function that no library has. Linked lazily, it would load and crash at the first call; the gateway
 * resolves everything at once and refuses. */
#include "sound.h"

int there_is_no_such_function(void);
static const void* HKS_CALL get(const char* id) { return there_is_no_such_function() ? sound_get(id) : NULL; }

const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR,      HKS_ABI_MINOR,      sizeof(hks_entry), 0,
                                    "undefined_symbol", "Undefined symbol", "1.0.0",           get};
