/* The layout of ABI 1.0, frozen. Compiled as C11 and as C++17; a line that fails here is a plugin in the field that
 * reads the wrong bytes. New fields and numbers get new lines, the lines that are here never change: whoever has to
 * change one raises HKS_ABI_MAJOR, and then every plugin must be rebuilt. */
#ifndef HOOKSWITCH_TESTS_ABI_LAYOUT_H
#define HOOKSWITCH_TESTS_ABI_LAYOUT_H
#include <hookswitch/abi.h>

#ifdef __cplusplus
#define HKS_CHECK(condition, text) static_assert(condition, text)
#else
#define HKS_CHECK(condition, text) _Static_assert(condition, text)
#endif
/* Handed over by value or in arrays without a stride, or a table: its size is final. */
#define HKS_FIXED(type, bytes) HKS_CHECK(sizeof(type) == bytes, "the size of " #type " is final")
/* A record: exactly so long in 1.0, never shorter. */
#define HKS_GROWS(type, bytes) \
  HKS_CHECK(HKS_ABI_MINOR == 0 ? sizeof(type) == bytes : sizeof(type) >= bytes, "the 1.0 part of " #type " changed")
#define HKS_AT(type, field, bytes) HKS_CHECK(offsetof(type, field) == bytes, #type "." #field " moved")
#define HKS_VALUE(name, number) HKS_CHECK(name == number, #name " was renumbered")

HKS_CHECK(HKS_ABI_MAJOR == 1, "this file is about ABI 1");
HKS_CHECK(sizeof(void*) == 8 && sizeof(size_t) == 8, "the layout is that of 64-bit machines");
HKS_CHECK(HKS_ENTRY_SIZE_1_0 == 48, "the entry of 1.0");
HKS_CHECK(HKS_NEVER == 18446744073709551615u, "a timer that is cancelled");
HKS_FIXED(hks_str, 16);
HKS_AT(hks_str, data, 0);
HKS_AT(hks_str, size, 8);

HKS_FIXED(hks_pair, 32);
HKS_AT(hks_pair, name, 0);
HKS_AT(hks_pair, value, 16);

HKS_FIXED(hks_msg, 16);
HKS_AT(hks_msg, size, 0);
HKS_AT(hks_msg, type, 4);
HKS_AT(hks_msg, id, 8);

HKS_GROWS(hks_call, 208);
HKS_AT(hks_call, msg, 0);
HKS_AT(hks_call, call, 16);
HKS_AT(hks_call, remote_id, 32);
HKS_AT(hks_call, carrier, 48);
HKS_AT(hks_call, voice, 64);
HKS_AT(hks_call, to_number, 80);
HKS_AT(hks_call, from_number, 96);
HKS_AT(hks_call, base_url, 112);
HKS_AT(hks_call, media_url, 128);
HKS_AT(hks_call, prompt, 144);
HKS_AT(hks_call, greeting, 160);
HKS_AT(hks_call, metadata_json, 176);
HKS_AT(hks_call, direction, 192);
HKS_AT(hks_call, max_duration_s, 196);
HKS_AT(hks_call, ring_timeout_s, 200);
HKS_AT(hks_call, reserved, 204);

HKS_GROWS(hks_line, 32);
HKS_AT(hks_line, size, 0);
HKS_AT(hks_line, speaker, 4);
HKS_AT(hks_line, at_unix_ms, 8);
HKS_AT(hks_line, text, 16);

HKS_GROWS(hks_record, 88);
HKS_AT(hks_record, size, 0);
HKS_AT(hks_record, outcome, 4);
HKS_AT(hks_record, ended_by, 8);
HKS_AT(hks_record, line_size, 12);
HKS_AT(hks_record, call, 16);
HKS_AT(hks_record, reason, 24);
HKS_AT(hks_record, started_unix_ms, 40);
HKS_AT(hks_record, answered_unix_ms, 48);
HKS_AT(hks_record, ended_unix_ms, 56);
HKS_AT(hks_record, duration_ms, 64);
HKS_AT(hks_record, lines, 72);
HKS_AT(hks_record, line_count, 80);

HKS_GROWS(hks_tool, 64);
HKS_AT(hks_tool, msg, 0);
HKS_AT(hks_tool, name, 16);
HKS_AT(hks_tool, description, 32);
HKS_AT(hks_tool, parameters_json, 48);

HKS_GROWS(hks_start, 144);
HKS_AT(hks_start, msg, 0);
HKS_AT(hks_start, settings, 16);
HKS_AT(hks_start, setting_count, 24);
HKS_AT(hks_start, call, 32);
HKS_AT(hks_start, public_url, 40);
HKS_AT(hks_start, host_version, 56);
HKS_AT(hks_start, seed, 72);
HKS_AT(hks_start, unix_ms, 80);
HKS_AT(hks_start, history, 88);
HKS_AT(hks_start, history_count, 96);
HKS_AT(hks_start, tools, 104);
HKS_AT(hks_start, tool_count, 112);
HKS_AT(hks_start, line_size, 120);
HKS_AT(hks_start, tool_size, 124);
HKS_AT(hks_start, carrier_format, 128);
HKS_AT(hks_start, host_abi_major, 132);
HKS_AT(hks_start, host_abi_minor, 136);
HKS_AT(hks_start, reserved, 140);

HKS_GROWS(hks_http, 104);
HKS_AT(hks_http, msg, 0);
HKS_AT(hks_http, method, 16);
HKS_AT(hks_http, url, 32);
HKS_AT(hks_http, body, 48);
HKS_AT(hks_http, headers, 64);
HKS_AT(hks_http, header_count, 72);
HKS_AT(hks_http, status, 80);
HKS_AT(hks_http, timeout_ms, 84);
HKS_AT(hks_http, flags, 88);
HKS_AT(hks_http, reserved, 92);
HKS_AT(hks_http, call, 96);

HKS_GROWS(hks_data, 40);
HKS_AT(hks_data, msg, 0);
HKS_AT(hks_data, bytes, 16);
HKS_AT(hks_data, is_text, 32);
HKS_AT(hks_data, reserved, 36);

HKS_GROWS(hks_audio, 64);
HKS_AT(hks_audio, msg, 0);
HKS_AT(hks_audio, bytes, 16);
HKS_AT(hks_audio, item, 32);
HKS_AT(hks_audio, format, 48);
HKS_AT(hks_audio, reserved, 52);
HKS_AT(hks_audio, pts_us, 56);

HKS_GROWS(hks_notice, 56);
HKS_AT(hks_notice, msg, 0);
HKS_AT(hks_notice, call, 16);
HKS_AT(hks_notice, text, 32);
HKS_AT(hks_notice, level, 48);
HKS_AT(hks_notice, reserved, 52);

HKS_GROWS(hks_transcript, 80);
HKS_AT(hks_transcript, msg, 0);
HKS_AT(hks_transcript, call, 16);
HKS_AT(hks_transcript, text, 32);
HKS_AT(hks_transcript, item, 48);
HKS_AT(hks_transcript, speaker, 64);
HKS_AT(hks_transcript, reserved, 68);
HKS_AT(hks_transcript, at_unix_ms, 72);

HKS_GROWS(hks_mark, 32);
HKS_AT(hks_mark, msg, 0);
HKS_AT(hks_mark, name, 16);

HKS_GROWS(hks_heard, 48);
HKS_AT(hks_heard, msg, 0);
HKS_AT(hks_heard, item, 16);
HKS_AT(hks_heard, heard_ms, 32);
HKS_AT(hks_heard, received_ms, 40);

HKS_GROWS(hks_closed, 40);
HKS_AT(hks_closed, msg, 0);
HKS_AT(hks_closed, reason, 16);
HKS_AT(hks_closed, close_code, 32);
HKS_AT(hks_closed, http_status, 36);

HKS_GROWS(hks_refusal, 40);
HKS_AT(hks_refusal, msg, 0);
HKS_AT(hks_refusal, reason, 16);
HKS_AT(hks_refusal, http_status, 32);
HKS_AT(hks_refusal, reserved, 36);

HKS_GROWS(hks_call_end, 56);
HKS_AT(hks_call_end, msg, 0);
HKS_AT(hks_call_end, reason, 16);
HKS_AT(hks_call_end, call, 32);
HKS_AT(hks_call_end, by, 48);
HKS_AT(hks_call_end, flags, 52);

HKS_GROWS(hks_swept, 32);
HKS_AT(hks_swept, msg, 0);
HKS_AT(hks_swept, reason, 16);

HKS_GROWS(hks_state, 104);
HKS_AT(hks_state, msg, 0);
HKS_AT(hks_state, call, 16);
HKS_AT(hks_state, remote_id, 32);
HKS_AT(hks_state, reason, 48);
HKS_AT(hks_state, state, 64);
HKS_AT(hks_state, outcome, 68);
HKS_AT(hks_state, duration_ms, 72);
HKS_AT(hks_state, answered_unix_ms, 80);
HKS_AT(hks_state, ended_unix_ms, 88);
HKS_AT(hks_state, resolution_ms, 96);
HKS_AT(hks_state, reserved, 100);

HKS_GROWS(hks_phase, 80);
HKS_AT(hks_phase, msg, 0);
HKS_AT(hks_phase, phase, 16);
HKS_AT(hks_phase, deadline_ms, 20);
HKS_AT(hks_phase, attempt, 24);
HKS_AT(hks_phase, reserved, 28);
HKS_AT(hks_phase, event_id, 32);
HKS_AT(hks_phase, record, 48);
HKS_AT(hks_phase, unix_ms, 56);
HKS_AT(hks_phase, memo, 64);

HKS_GROWS(hks_hook, 24);
HKS_AT(hks_hook, msg, 0);
HKS_AT(hks_hook, phase, 16);
HKS_AT(hks_hook, deadline_ms, 20);

HKS_GROWS(hks_hook_done, 64);
HKS_AT(hks_hook_done, msg, 0);
HKS_AT(hks_hook_done, state, 16);
HKS_AT(hks_hook_done, flags, 20);
HKS_AT(hks_hook_done, after_ms, 24);
HKS_AT(hks_hook_done, reason, 32);
HKS_AT(hks_hook_done, memo, 48);

HKS_GROWS(hks_route, 72);
HKS_AT(hks_route, msg, 0);
HKS_AT(hks_route, method, 16);
HKS_AT(hks_route, path, 32);
HKS_AT(hks_route, flags, 48);
HKS_AT(hks_route, reserved, 52);
HKS_AT(hks_route, call_query, 56);

HKS_GROWS(hks_timer, 24);
HKS_AT(hks_timer, msg, 0);
HKS_AT(hks_timer, after_ms, 16);

HKS_GROWS(hks_ready, 24);
HKS_AT(hks_ready, msg, 0);
HKS_AT(hks_ready, takes, 16);
HKS_AT(hks_ready, gives, 20);

HKS_GROWS(hks_tool_call, 72);
HKS_AT(hks_tool_call, msg, 0);
HKS_AT(hks_tool_call, call, 16);
HKS_AT(hks_tool_call, name, 32);
HKS_AT(hks_tool_call, json, 48);
HKS_AT(hks_tool_call, failed, 64);
HKS_AT(hks_tool_call, reserved, 68);

HKS_FIXED(hks_sink, 24);
HKS_AT(hks_sink, host, 0);
HKS_AT(hks_sink, put, 8);
HKS_AT(hks_sink, get, 16);

HKS_FIXED(hks_messages, 8);
HKS_AT(hks_messages, size, 0);

HKS_FIXED(hks_role, 24);
HKS_AT(hks_role, open, 0);
HKS_AT(hks_role, step, 8);
HKS_AT(hks_role, close, 16);

HKS_GROWS(hks_key, 64);
HKS_AT(hks_key, size, 0);
HKS_AT(hks_key, kind, 4);
HKS_AT(hks_key, flags, 8);
HKS_AT(hks_key, reserved, 12);
HKS_AT(hks_key, name, 16);
HKS_AT(hks_key, fallback, 24);
HKS_AT(hks_key, text, 32);
HKS_AT(hks_key, choices, 40);
HKS_AT(hks_key, pattern, 48);
HKS_AT(hks_key, shape, 56);

HKS_FIXED(hks_settings, 24);
HKS_AT(hks_settings, keys, 0);
HKS_AT(hks_settings, count, 8);
HKS_AT(hks_settings, key_size, 16);

HKS_GROWS(hks_entry, 48);
HKS_AT(hks_entry, abi_major, 0);
HKS_AT(hks_entry, abi_minor, 4);
HKS_AT(hks_entry, size, 8);
HKS_AT(hks_entry, reserved, 12);
HKS_AT(hks_entry, id, 16);
HKS_AT(hks_entry, name, 24);
HKS_AT(hks_entry, version, 32);
HKS_AT(hks_entry, get, 40);

HKS_VALUE(HKS_OK, 0);
HKS_VALUE(HKS_FULL, -1);
HKS_VALUE(HKS_INVALID, -2);
HKS_VALUE(HKS_FAULT, -3);
HKS_VALUE(HKS_UNSUPPORTED, -4);
HKS_VALUE(HKS_START, 1);
HKS_VALUE(HKS_HTTP_REQUEST, 2);
HKS_VALUE(HKS_HTTP_RESPONSE, 3);
HKS_VALUE(HKS_CONN_OPENED, 4);
HKS_VALUE(HKS_CONN_CLOSED, 5);
HKS_VALUE(HKS_TIMER_FIRED, 6);
HKS_VALUE(HKS_CALL_ACCEPTED, 7);
HKS_VALUE(HKS_CALL_REFUSED, 8);
HKS_VALUE(HKS_CALL_PHASE, 9);
HKS_VALUE(HKS_CALL_PLACE, 10);
HKS_VALUE(HKS_HEARD, 11);
HKS_VALUE(HKS_DATA, 100);
HKS_VALUE(HKS_AUDIO, 101);
HKS_VALUE(HKS_FLUSH, 102);
HKS_VALUE(HKS_NOTICE, 103);
HKS_VALUE(HKS_TRANSCRIPT, 104);
HKS_VALUE(HKS_SAY, 105);
HKS_VALUE(HKS_MARK, 106);
HKS_VALUE(HKS_DTMF, 107);
HKS_VALUE(HKS_TOOL_CALL, 108);
HKS_VALUE(HKS_TOOL_RESULT, 109);
HKS_VALUE(HKS_LOG, 200);
HKS_VALUE(HKS_ROUTE, 201);
HKS_VALUE(HKS_ENDPOINT, 202);
HKS_VALUE(HKS_HOOK, 203);
HKS_VALUE(HKS_HOOK_DONE, 204);
HKS_VALUE(HKS_HTTP_CALL, 205);
HKS_VALUE(HKS_HTTP_REPLY, 206);
HKS_VALUE(HKS_CONNECT, 207);
HKS_VALUE(HKS_CLOSE, 208);
HKS_VALUE(HKS_TIMER, 209);
HKS_VALUE(HKS_CALL_OFFER, 210);
HKS_VALUE(HKS_CALL_END, 211);
HKS_VALUE(HKS_CALL_PLACED, 212);
HKS_VALUE(HKS_CALL_FAILED, 213);
HKS_VALUE(HKS_CALL_STATE, 214);
HKS_VALUE(HKS_READY, 215);
HKS_VALUE(HKS_SPEECH_STARTED, 216);
HKS_VALUE(HKS_AUDIO_END, 217);
HKS_VALUE(HKS_GONE, 218);
HKS_VALUE(HKS_TOOL, 219);
HKS_VALUE(HKS_PCMU_8K, 1);
HKS_VALUE(HKS_PCMA_8K, 2);
HKS_VALUE(HKS_S16_8K, 3);
HKS_VALUE(HKS_S16_16K, 4);
HKS_VALUE(HKS_S16_24K, 5);
HKS_VALUE(HKS_PHASE_HANGUP, 1);
HKS_VALUE(HKS_PHASE_DISCONNECT, 2);
HKS_VALUE(HKS_PHASE_RECORD, 3);
HKS_VALUE(HKS_PHASE_NOTIFY, 4);
HKS_VALUE(HKS_PHASE_STARTED, 5);
HKS_VALUE(HKS_DEBUG, 1);
HKS_VALUE(HKS_INFO, 2);
HKS_VALUE(HKS_WARN, 3);
HKS_VALUE(HKS_ERROR, 4);
HKS_VALUE(HKS_USER, 1);
HKS_VALUE(HKS_ASSISTANT, 2);
HKS_VALUE(HKS_OUTBOUND, 1);
HKS_VALUE(HKS_INCOMING, 2);
HKS_VALUE(HKS_RINGING, 1);
HKS_VALUE(HKS_IN_PROGRESS, 2);
HKS_VALUE(HKS_OVER, 3);
HKS_VALUE(HKS_UNKNOWN_LEG, 4);
HKS_VALUE(HKS_COMPLETED, 1);
HKS_VALUE(HKS_FAILED, 2);
HKS_VALUE(HKS_BUSY, 3);
HKS_VALUE(HKS_NO_ANSWER, 4);
HKS_VALUE(HKS_CANCELED, 5);
HKS_VALUE(HKS_BY_API, 1);
HKS_VALUE(HKS_BY_CARRIER, 2);
HKS_VALUE(HKS_BY_AGENT, 3);
HKS_VALUE(HKS_BY_LIMIT, 4);
HKS_VALUE(HKS_BY_SHUTDOWN, 5);
HKS_VALUE(HKS_BY_FAULT, 6);
HKS_VALUE(HKS_BY_RECOVERY, 7);
HKS_VALUE(HKS_HOOK_OK, 1);
HKS_VALUE(HKS_HOOK_RETRY, 2);
HKS_VALUE(HKS_HOOK_GIVE_UP, 3);
HKS_VALUE(HKS_HOOK_SKIP, 4);
HKS_VALUE(HKS_HOOK_APART, 1);
HKS_VALUE(HKS_HOOK_MEND, 2);
HKS_VALUE(HKS_END_AFTER_PLAYBACK, 1);
HKS_VALUE(HKS_HTTP_UNSENT, 1);
HKS_VALUE(HKS_HTTP_UPGRADE, 2);
HKS_VALUE(HKS_ROUTE_OPEN, 1);
HKS_VALUE(HKS_ROUTE_ASK, 2);
HKS_VALUE(HKS_TEXT, 1);
HKS_VALUE(HKS_BOOLEAN, 2);
HKS_VALUE(HKS_INTEGER, 3);
HKS_VALUE(HKS_URL, 4);
HKS_VALUE(HKS_CHOICE, 5);
HKS_VALUE(HKS_SECRET, 1);
HKS_VALUE(HKS_REQUIRED, 2);
HKS_VALUE(HKS_CALL_SWEEP, 12);
HKS_VALUE(HKS_CALL_FOUND, 220);
HKS_VALUE(HKS_SWEPT, 221);
HKS_VALUE(HKS_PHASE_CONFIRM, 6);
HKS_VALUE(HKS_PHASE_SETTLE, 7);
HKS_VALUE(HKS_KEPT, 13);
HKS_VALUE(HKS_KEEP, 222);
HKS_VALUE(HKS_RECALL, 223);
HKS_GROWS(hks_keep, 64);
HKS_AT(hks_keep, msg, 0);
HKS_AT(hks_keep, name, 16);
HKS_AT(hks_keep, bytes, 32);
HKS_AT(hks_keep, reason, 48);

#endif
