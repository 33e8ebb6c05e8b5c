/* Sizes and places that C and C++ must agree on: of what starts a conversation, of arrays and of tables. */
#ifndef HOOKSWITCH_SDK_TESTS_LAYOUT_H
#define HOOKSWITCH_SDK_TESTS_LAYOUT_H
#include <hookswitch/abi.h>

#define HKS_TEST_LAYOUT                                                                                            \
  {                                                                                                                \
    sizeof(hks_str), sizeof(hks_pair), sizeof(hks_msg), sizeof(hks_call), sizeof(hks_line), sizeof(hks_record),    \
        sizeof(hks_start), sizeof(hks_http), sizeof(hks_phase), sizeof(hks_hook_done), sizeof(hks_audio),          \
        sizeof(hks_sink), sizeof(hks_role), sizeof(hks_key), sizeof(hks_settings), sizeof(hks_entry),              \
        offsetof(hks_call, direction), offsetof(hks_record, line_count), offsetof(hks_start, tool_size),           \
        offsetof(hks_http, call), offsetof(hks_phase, memo), offsetof(hks_audio, pts_us), offsetof(hks_key, name), \
        offsetof(hks_entry, get)                                                                                   \
  }

#ifdef __cplusplus
extern "C" {
#endif
extern const size_t layout_in_c[];
extern const size_t layout_in_c_count;
#ifdef __cplusplus
}
#endif
#endif
