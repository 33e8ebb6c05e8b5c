#include "layout.h"

const size_t layout_in_c[] = HKS_TEST_LAYOUT;
const size_t layout_in_c_count = sizeof layout_in_c / sizeof layout_in_c[0];

_Static_assert(sizeof(hks_entry) >= HKS_ENTRY_SIZE_1_0, "the entry never shrinks");
_Static_assert(offsetof(hks_entry, abi_major) == 0, "the version is read before anything else");
_Static_assert(offsetof(hks_call, msg) == 0 && offsetof(hks_start, msg) == 0, "every message starts with its head");
