/* The contract in C11, with nothing included before it. */
#include "layout.h"

/* The header alone is enough to write an entry in C. */
static const void* HKS_CALL get(const char* id) { return (void)id, (const void*)0; }
const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR, HKS_ABI_MINOR, sizeof(hks_entry), 0,
                                    "layout",      "Layout",      "1.0.0",           get};
