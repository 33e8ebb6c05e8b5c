/* What today's abi.h and messages.def say of each other, checked by the compiler as C11 and as C++17: a record is never
 * shorter than in its first version, and every byte of it belongs to one field of the table, so that none is forgotten
 * there. What 1.0 has promised is in layout.cpp. */
#ifndef HOOKSWITCH_TESTS_ABI_LAYOUT_H
#define HOOKSWITCH_TESTS_ABI_LAYOUT_H
#include <hookswitch/draft.h>

#ifdef __cplusplus
#define HKS_CHECK(condition, text) static_assert(condition, text)
#else
#define HKS_CHECK(condition, text) _Static_assert(condition, text)
#endif

HKS_CHECK(HKS_ABI_MAJOR == 1, "this file is about ABI 1");
HKS_CHECK(sizeof(void*) == 8 && sizeof(size_t) == 8, "the layout is that of 64-bit machines");
HKS_CHECK(HKS_ENTRY_SIZE_1_0 == 48, "the entry of 1.0");
HKS_CHECK(HKS_NEVER == 18446744073709551615u, "a timer that is cancelled");

/* clang-format off */
#define HKS_BYTES(field) + sizeof(((R*)0)->field)
#define HKS_RECORD(record, size, head)                                                                  \
  static inline void layout_of_##record(void) {                                                         \
    typedef record R;                                                                                   \
    HKS_CHECK(sizeof(R) >= size, #record " is shorter than in its first version");                      \
    HKS_CHECK(HKS_ABI_MINOR > 0 || sizeof(R) == size, #record " grew, and HKS_ABI_MINOR is still 0");   \
    enum { bytes = head
#define HKS_STR(field) HKS_BYTES(field)
#define HKS_NUM(field) HKS_BYTES(field)
#define HKS_PAIRS(first, count) HKS_BYTES(first) HKS_BYTES(count)
#define HKS_LIST(first, count, stride) HKS_BYTES(first) HKS_BYTES(count) HKS_BYTES(stride)
#define HKS_OF_CALL(field, member) HKS_BYTES(field)
#define HKS_OF_RECORD(field) HKS_BYTES(field)
#define HKS_ZERO(field) HKS_BYTES(field)
#define HKS_RECORD_END(record)                                                                          \
    };                                                                                                  \
    HKS_CHECK(bytes == sizeof(R), #record " has bytes that are no field of messages.def, or padding");  \
  }
#include <hookswitch/messages.def>
#undef HKS_BYTES
/* clang-format on */
#endif
