/* hello_c - a plugin in plain C11, without the C++ wrapper and without any library but the C one.
 *
 * It counts the calls that ended since the gateway started and writes one line about each into the gateway's log:
 *
 *   call 3 is over: +15550001111 (outbound), completed after 75.5 s, 3 lines were said; the last one: "At nine."
 *
 * What it shows:
 *   - a session is a struct of your own; open() makes it, close() frees it, step() gets one message at a time;
 *   - registration is a message: HKS_HOOK in answer to HKS_START asks to be told of the end of every call;
 *   - records are read by copying min(their size, my size) into a zeroed struct, so that hosts of other versions work;
 *   - every HKS_CALL_PHASE is answered with HKS_HOOK_DONE, or the gateway would note this plugin as timed out;
 *   - the entry at the bottom is the only symbol that leaves the file.
 *
 * Build with CMake:
 *   cmake -S . -B build -DCMAKE_PREFIX_PATH=<where the SDK is installed>
 *   cmake --build build && ctest --test-dir build
 * or without it:
 *   cc -std=c11 -shared -fPIC -fvisibility=hidden $(pkg-config --cflags hookswitch) hello_c.c -o hello_c.so
 *
 * Use: copy hello_c.so into the gateway's plugin directory and restart it. The section [hello_c] with last_line = false
 * in the configuration keeps what callers say out of the log. */
#include <hookswitch/abi.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hks_session {
  unsigned long calls; /* ended since this session began */
  int last_line;       /* setting: quote the last line of the transcript */
};

/* Copy a record into a zeroed one of our size: what an older host did not write reads as zero, what a newer one
 * appended is left out. */
static void copy_record(void* mine, size_t my_size, const void* theirs) {
  uint32_t their_size;
  memset(mine, 0, my_size);
  if (!theirs) return;
  memcpy(&their_size, theirs, sizeof their_size);
  memcpy(mine, theirs, their_size < my_size ? their_size : my_size);
}

static int equals(hks_str s, const char* text) {
  return s.size == strlen(text) && (!s.size || !memcmp(s.data, text, s.size));
}

/* For "%.*s": a length that fits an int and a line of a log. */
static int shown(hks_str s) { return s.size < 80 ? (int)s.size : 80; }
static const char* chars(hks_str s) { return s.data ? s.data : ""; }

static hks_status send_log(const hks_sink* out, const char* format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (n < 0) return HKS_FAULT;
  hks_notice line = {
      {sizeof line, HKS_LOG, 0}, {NULL, 0}, {text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1}, HKS_INFO, 0};
  return out->put(out, &line.msg);
}

static const char* outcome_word(uint32_t outcome) {
  switch (outcome) {
    case HKS_COMPLETED: return "completed";
    case HKS_BUSY: return "busy";
    case HKS_NO_ANSWER: return "not answered";
    case HKS_CANCELED: return "cancelled";
    default: return "failed";
  }
}

static hks_status on_start(hks_session* self, const hks_msg* in, const hks_sink* out) {
  hks_start start;
  copy_record(&start, sizeof start, in);
  for (uint64_t i = 0; i < start.setting_count; ++i)
    if (equals(start.settings[i].name, "last_line")) self->last_line = !equals(start.settings[i].value, "false");
  hks_hook hook = {{sizeof hook, HKS_HOOK, 0}, HKS_PHASE_NOTIFY, 1000};
  return out->put(out, &hook.msg);
}

static hks_status on_phase(hks_session* self, const hks_msg* in, const hks_sink* out) {
  hks_phase phase;
  hks_record record;
  hks_call call;
  hks_line last;
  copy_record(&phase, sizeof phase, in);
  copy_record(&record, sizeof record, phase.record);
  copy_record(&call, sizeof call, record.call);
  memset(&last, 0, sizeof last);
  /* The elements of an array of records are line_size bytes apart, however large this header thinks they are. */
  if (record.lines && record.line_count)
    copy_record(&last, sizeof last, (const char*)record.lines + (record.line_count - 1) * record.line_size);

  /* The other party: who calls us when the call comes in, else whom we have called. */
  const hks_str far_number = call.direction == HKS_INCOMING ? call.from_number : call.to_number;
  /* A second attempt at the same call must not count twice. */
  if (phase.attempt <= 1) self->calls++;
  send_log(out, "call %lu is over: %.*s (%s), %s after %llu.%llu s, %llu line%s said%s%.*s%s", self->calls,
           shown(far_number), chars(far_number), call.direction == HKS_INCOMING ? "incoming" : "outbound",
           outcome_word(record.outcome), (unsigned long long)(record.duration_ms / 1000),
           (unsigned long long)(record.duration_ms % 1000 / 100), (unsigned long long)record.line_count,
           record.line_count == 1 ? " was" : "s were", self->last_line && last.text.size ? "; the last one: \"" : "",
           self->last_line ? shown(last.text) : 0, chars(last.text), self->last_line && last.text.size ? "\"" : "");

  hks_hook_done done = {{sizeof done, HKS_HOOK_DONE, in->id}, HKS_HOOK_OK, 0, 0, {NULL, 0}, {NULL, 0}};
  return out->put(out, &done.msg);
}

static hks_session* HKS_CALL hello_open(void) { return calloc(1, sizeof(hks_session)); }
static void HKS_CALL hello_close(hks_session* self) { free(self); }
static hks_status HKS_CALL hello_step(hks_session* self, const hks_msg* in, const hks_sink* out) {
  switch (in->type) {
    case HKS_START: return on_start(self, in, out);
    case HKS_CALL_PHASE: return on_phase(self, in, out);
    default: return HKS_OK; /* whatever else there is, or will be: not our business */
  }
}

static const hks_role control = {hello_open, hello_step, hello_close};
static const hks_key keys[] = {
    {sizeof(hks_key), HKS_BOOLEAN, 0, 0, "enabled", "true", "Whether this plugin works at all", "", "", ""},
    {sizeof(hks_key), HKS_BOOLEAN, 0, 0, "last_line", "true", "Quote the last line of the transcript in the log", "",
     "", ""}};
static const hks_settings settings = {keys, sizeof keys / sizeof keys[0], sizeof keys[0]};

static const void* HKS_CALL hello_get(const char* id) {
  if (!strcmp(id, HKS_ROLE_CONTROL)) return &control;
  if (!strcmp(id, HKS_SETTINGS)) return &settings;
  return NULL;
}

const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR, HKS_ABI_MINOR,  sizeof(hks_entry), 0,
                                    "hello_c",     "Hello from C", "1.0.0",           hello_get};
