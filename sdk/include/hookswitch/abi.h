/* hookswitch/abi.h - the whole contract between the gateway host and a plugin. C11, no dependencies.
 *
 * A plugin is a sans-I/O codec: the host calls step() with one message, the plugin answers by putting messages into
 * the sink it was handed. It owns no socket, thread, timer or file, and keeps no global that changes.
 *
 *   Borrowed   every pointer is valid until the function that received it returns; copy what you keep. Nothing that
 *              crosses is ever freed by the other side.
 *   Records    (structs that carry data) start with their size; fields are only ever appended. Read one by copying
 *              min(size, sizeof yours) into a zeroed struct of your own. An unknown type, or a longer record than you
 *              know, is not an error. Arrays of records carry the stride of one element (`..._size`).
 *   Reserved   fields of this name are 0: a record with another value is refused, so that a later minor version can give
 *              them a meaning. Who uses one that has got a meaning asks first what the host knows.
 *   Tables     (structs of functions) never change; a changed table gets a new id ("hookswitch.voice/2").
 *   Enums      start at 1; 0 means "not said". Numbers are never reused.
 *   Failure    is a hks_status. No exception, longjmp or exit() may cross.
 *   Numbers    of messages below HKS_DRAFT_FIRST are given out here alone. Drafts and vendors have ranges of their own;
 *              what this host does not know, or does not take from this role, gets HKS_UNSUPPORTED.
 *   Strings    UTF-8 or bytes with a length, no terminating NUL; an absent one has size 0.
 *   Times      unix_ms: milliseconds since 1970 UTC; *_ms, *_us: spans.
 *   Threads    [control] the one control thread.  [loop] the media loop of the call.  [session] whichever of the two
 *              the session is pinned to.  [any] no promise.  Calls into one session never overlap.              */
#ifndef HKS_ABI_H
#define HKS_ABI_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
#define HKS_CALL
#define HKS_EXPORT __attribute__((visibility("default")))

#define HKS_ABI_MAJOR 1u       /* raised when an old plugin would misbehave: the host refuses it */
#define HKS_ABI_MINOR 1u       /* raised when something was appended: both directions still load */
#define HKS_ENTRY_SIZE_1_0 48u /* what the host asks of the entry, whatever it grew to since */

typedef struct hks_str { const char *data; size_t size; } hks_str;
typedef struct hks_pair { hks_str name, value; } hks_pair; /* a header, a setting; never grows */

typedef int32_t hks_status;
enum { HKS_OK = 0, HKS_FULL = -1 /* too much for one step */, HKS_INVALID = -2 /* a malformed record */, HKS_FAULT = -3,
       HKS_UNSUPPORTED = -4 /* a type that this host does not know, or that this role may not put */ };

/* ------------------------------------------------------------------------------------------------- messages */
typedef struct hks_msg { /* every message starts with this */
  uint32_t size;         /* of the whole record, as the writer knew it */
  uint32_t type;         /* HKS_*, never 0 */
  uint64_t id;           /* what it is about: connection, request, timer, hook, offer. Chosen by whoever opens it;
                            ids chosen by the host have the top bit set */
} hks_msg;

enum { /* host -> plugin */
  HKS_START = 1,         /* hks_start    first message of every session */
  HKS_HTTP_REQUEST = 2,  /* hks_http     [control] a claimed route was hit; answer HKS_HTTP_REPLY with the same id */
  HKS_HTTP_RESPONSE = 3, /* hks_http     exactly one per HKS_HTTP_CALL; status 0 = no answer, body says why */
  HKS_CONN_OPENED = 4,   /* hks_msg      a connection of this session is usable */
  HKS_CONN_CLOSED = 5,   /* hks_closed   exactly once per opened or refused connection */
  HKS_TIMER_FIRED = 6,   /* hks_msg */
  HKS_CALL_ACCEPTED = 7, /* hks_call     [control] answer to HKS_CALL_OFFER: call and media_url are filled in */
  HKS_CALL_REFUSED = 8,  /* hks_refusal  [control] answer to HKS_CALL_OFFER */
  HKS_CALL_PHASE = 9,    /* hks_phase    [control] a call reached a phase; answer HKS_HOOK_DONE before deadline_ms */
  HKS_CALL_PLACE = 10,   /* hks_call     [control] dial to_number; answer HKS_CALL_PLACED or HKS_CALL_FAILED, same id */
  HKS_HEARD = 11,        /* hks_heard    [loop, voice] after an interruption: how much of an item the caller heard */
  HKS_CALL_SWEEP = 12,   /* hks_msg      [control] carriers that hook HKS_PHASE_SETTLE, after a start: name every leg
                                         that is not over and whose callbacks carry the mark of a gateway, each as
                                         HKS_CALL_FOUND, then HKS_SWEPT, all with the same id */
  HKS_KEPT = 13,         /* hks_keep     [control] exactly one per HKS_KEEP and HKS_RECALL, same id: what is kept under the
                                         name now, durably; reason: why it could not be written or read, bytes are empty */
  /* both ways */
  HKS_DATA = 100,        /* hks_data     one WebSocket message on connection `id` */
  HKS_AUDIO = 101,       /* hks_audio    [loop] the host transcodes between carrier and voice */
  HKS_FLUSH = 102,       /* hks_msg      [loop] to a carrier: drop what is queued for playback.
                                         From a voice: the model was cut off; forget its queued audio */
  HKS_NOTICE = 103,      /* hks_notice   text for humans; the host fans it out to every notifier */
  HKS_TRANSCRIPT = 104,  /* hks_transcript  a voice reports what was said; fanned out to every notifier. The same
                                         item again corrects its line (a barge-in cut it; empty: nothing was heard) */
  HKS_SAY = 105,         /* hks_notice   asks the call's voice to say this; from a voice session: never */
  HKS_MARK = 106,        /* hks_mark     [loop] to a carrier: report when everything before it has been played;
                                         from a carrier: it has been played (or was flushed) */
  HKS_DTMF = 107,        /* hks_mark     [loop] a key the far end pressed: carrier -> host -> voice */
  HKS_TOOL_CALL = 108,   /* hks_tool_call   voice -> host -> the plugin that registered the tool */
  HKS_TOOL_RESULT = 109, /* hks_tool_call   the way back; exactly one per HKS_TOOL_CALL */
  /* plugin -> host */
  HKS_LOG = 200,         /* hks_notice   a line of the host's log; level HKS_DEBUG..HKS_ERROR */
  HKS_ROUTE = 201,       /* hks_route    [control] claim an HTTP route */
  HKS_ENDPOINT = 202,    /* hks_route    [control] claim a WebSocket path that ends in "{token}": an upgrade with a
                                         call's unused token becomes a connection of that call's carrier session */
  HKS_HOOK = 203,        /* hks_hook     [control] ask to be told of a phase of every call */
  HKS_HOOK_DONE = 204,   /* hks_hook_done  early, late, repeated and foreign answers are harmless */
  HKS_HTTP_CALL = 205,   /* hks_http     the host performs it; exactly one HKS_HTTP_RESPONSE follows */
  HKS_HTTP_REPLY = 206,  /* hks_http     [control] status, headers, body; on an upgrade (HKS_HTTP_UPGRADE): 101 accepts */
  HKS_CONNECT = 207,     /* hks_http     open a client WebSocket: url + headers + timeout_ms */
  HKS_CLOSE = 208,       /* hks_closed   close a connection: close_code (0: 1000), reason */
  HKS_TIMER = 209,       /* hks_timer    one shot; the same id again replaces it; after_ms = HKS_NEVER cancels it */
  HKS_CALL_OFFER = 210,  /* hks_call     [control] a carrier announces an incoming call */
  HKS_CALL_END = 211,    /* hks_call_end ask for the end of a call; the first reason wins */
  HKS_CALL_PLACED = 212, /* hks_call     [control] the carrier took it: remote_id is filled in */
  HKS_CALL_FAILED = 213, /* hks_refusal  [control] it did not: reason is the sentence for the API */
  HKS_CALL_STATE = 214,  /* hks_state    [control] what the carrier says of the leg */
  HKS_READY = 215,       /* hks_ready    [loop] this carrier or voice session can take and give audio */
  HKS_SPEECH_STARTED = 216, /* hks_msg   [loop, voice] the caller began to speak: the host flushes, HKS_HEARD follows */
  HKS_AUDIO_END = 217,   /* hks_mark     [loop, voice] the item `name` is complete */
  HKS_GONE = 218,        /* hks_closed   [loop] this session cannot go on: carrier -> the media is over, voice -> the
                                         model is gone for good (the next configured voice takes over, or the call ends) */
  HKS_TOOL = 219,        /* hks_tool     [control] offer a tool to every voice of calls that start from now on */
  HKS_CALL_FOUND = 220,  /* hks_call     [control] a leg of a sweep: remote_id; call, as in its mark; base_url, as in its
                                         callbacks; numbers (to: who is called) and direction as far as known */
  HKS_SWEPT = 221,       /* hks_swept    [control] the sweep is over; reason: what could not be looked at, if anything */
  HKS_KEEP = 222,        /* hks_keep     [control] keep these bytes under this name, for this plugin alone, also over
                                         restarts: for keys and tokens, not for data. Empty bytes: forget the name.
                                         HKS_KEPT follows when it is on the disk. At most 16 names of 1..64 characters
                                         of a-z 0-9 _ . - and 4096 bytes each */
  HKS_RECALL = 223       /* hks_keep     [control] what is kept under this name? HKS_KEPT follows */
};
#define HKS_DRAFT_FIRST 0x20000000u  /* messages that may still change: hookswitch/draft.h */
#define HKS_DRAFT_LAST 0x3fffffffu
#define HKS_VENDOR_FIRST 0x40000000u /* between a vendor's plugins and his own host: never given out by this header */
#define HKS_VENDOR_LAST 0x7fffffffu

enum { HKS_PCMU_8K = 1, HKS_PCMA_8K = 2, HKS_S16_8K = 3, HKS_S16_16K = 4, HKS_S16_24K = 5 }; /* mono, little-endian */
enum { HKS_PHASE_HANGUP = 1, HKS_PHASE_DISCONNECT = 2, HKS_PHASE_RECORD = 3, HKS_PHASE_NOTIFY = 4,
       HKS_PHASE_STARTED = 5, /* not of the teardown: the carrier took the call, or an incoming call was accepted */
       HKS_PHASE_CONFIRM = 6, /* after a hang-up that the carrier has not confirmed: ask it. Over: HKS_CALL_STATE HKS_OVER,
                                 then OK. Unknown there: HKS_CALL_STATE HKS_UNKNOWN_LEG, then RETRY. Else hang up again,
                                 then RETRY */
       HKS_PHASE_SETTLE = 7   /* after a restart, before the end: what became of the leg? Found by remote_id or, while that
                                 is empty, by our id: HKS_CALL_STATE, then OK. Not there (yet), or not to be asked: RETRY */ };
enum { HKS_DEBUG = 1, HKS_INFO = 2, HKS_WARN = 3, HKS_ERROR = 4 };
enum { HKS_USER = 1, HKS_ASSISTANT = 2 };                            /* who speaks: the caller, the agent */
enum { HKS_OUTBOUND = 1, HKS_INCOMING = 2 };
enum { HKS_RINGING = 1, HKS_IN_PROGRESS = 2, HKS_OVER = 3,           /* hks_state.state */
       HKS_UNKNOWN_LEG = 4 /* the account that answers has no such leg: it is over, or lives in another account. The host
                              believes the end when something else says so, too: the stream's stop, or HKS_OVER */ };
enum { HKS_COMPLETED = 1, HKS_FAILED = 2, HKS_BUSY = 3, HKS_NO_ANSWER = 4, HKS_CANCELED = 5 }; /* outcome */
enum { HKS_BY_API = 1, HKS_BY_CARRIER = 2, HKS_BY_AGENT = 3, HKS_BY_LIMIT = 4, HKS_BY_SHUTDOWN = 5, HKS_BY_FAULT = 6,
       HKS_BY_RECOVERY = 7 };                                        /* who ended the call */
enum { HKS_HOOK_OK = 1, HKS_HOOK_RETRY = 2, HKS_HOOK_GIVE_UP = 3, HKS_HOOK_SKIP = 4 /* not interested */ };
enum { HKS_HOOK_APART = 1, /* only this hook waits: the plugin's next ones need not wait behind it, and it is no failure */
       HKS_HOOK_MEND = 2   /* a person must change something, and `reason` says what: shown by /health until it has worked */ };
enum { HKS_END_AFTER_PLAYBACK = 1 };   /* hks_call_end.flags: what was said is heard first */
enum { HKS_HTTP_UNSENT = 1,            /* response: nothing left this machine, a repetition is safe */
       HKS_HTTP_UPGRADE = 2 };         /* request: a WebSocket upgrade asks to be let in */
enum { HKS_ROUTE_OPEN = 1,             /* the plugin authenticates the request itself (a signature); without this flag
                                          the host demands the API key first */
       HKS_ROUTE_ASK = 2 };            /* endpoint: every upgrade is shown as HKS_HTTP_REQUEST before it is accepted */
#define HKS_NEVER UINT64_MAX

typedef struct hks_call {  /* a call as every plugin sees it; msg is used when it travels alone */
  hks_msg msg;
  hks_str call;            /* our id, a UUID */
  hks_str remote_id;       /* the carrier's id; empty until the carrier named it */
  hks_str carrier, voice;  /* plugin ids */
  hks_str to_number;       /* who is called, E.164; for an incoming call our own number */
  hks_str from_number;     /* who calls; for an incoming call the caller, as the carrier gave it. The other party,
                              whoever called whom: hks::farNumber() */
  hks_str base_url;        /* how the carrier reaches us, without a trailing slash: webhook_url or server.public_url */
  hks_str media_url;       /* ws(s) address of this call's media stream; carries a one-use token: never log it */
  hks_str prompt, greeting;
  hks_str metadata_json;   /* a JSON object, as given to the API */
  uint32_t direction, max_duration_s, ring_timeout_s, reserved;
} hks_call;

typedef struct hks_line {  /* one line of the transcript */
  uint32_t size, speaker;
  uint64_t at_unix_ms;
  hks_str text;
} hks_line;

typedef struct hks_record { /* a call as it stands; complete from HKS_PHASE_RECORD on */
  uint32_t size, outcome, ended_by, line_size;
  const hks_call *call;
  hks_str reason;          /* a sentence: why it ended */
  uint64_t started_unix_ms, answered_unix_ms /* 0: never */, ended_unix_ms, duration_ms /* answered to ended */;
  const hks_line *lines;   /* stride line_size; absent (NULL) before HKS_PHASE_NOTIFY */
  uint64_t line_count;
} hks_record;

typedef struct hks_tool { hks_msg msg; hks_str name, description, parameters_json /* JSON Schema of an object */; } hks_tool;

typedef struct hks_start {
  hks_msg msg;
  const hks_pair *settings;   /* the plugin's own section, complete with defaults, ${...} expanded */
  uint64_t setting_count;
  const hks_call *call;       /* carrier and voice: the call. control and notifier: NULL */
  hks_str public_url, host_version;
  uint64_t seed;              /* random, of this session alone: for jitter and unique ids, never for secrets */
  uint64_t unix_ms;
  const hks_line *history;    /* voice: what was said before this session took over; stride line_size */
  uint64_t history_count;
  const hks_tool *tools;      /* voice: what the model may call; stride tool_size */
  uint64_t tool_count;
  uint32_t line_size, tool_size;
  uint32_t carrier_format;    /* voice: what the carrier speaks; taking the same spares the transcoding */
  uint32_t host_abi_major, host_abi_minor; /* of the header this host was built with; see HKS_MESSAGES */
  uint32_t reserved;
  uint64_t retry_ms;          /* 1.1, voice: a model whose connection is lost may be tried again for so long before
                                 HKS_GONE; 0: not at all */
  uint32_t voice_flags;       /* 1.1, voice: HKS_VOICE_... */
  uint32_t reserved2;
} hks_start;
enum { HKS_VOICE_MAY_NOT_END = 1 }; /* the model is not offered to end the call by itself */
typedef struct hks_http {
  hks_msg msg; hks_str method, url /* a request: the raw target */, body;
  const hks_pair *headers; uint64_t header_count;
  uint32_t status, timeout_ms /* of the whole exchange, 1..60000 */, flags, reserved;
  const hks_call *call;       /* request: the call its call_query parameter or token names, else NULL */
} hks_http;
typedef struct hks_data { hks_msg msg; hks_str bytes; uint32_t is_text, reserved; } hks_data;
typedef struct hks_audio {
  hks_msg msg; hks_str bytes, item /* voice -> host: what it belongs to */; uint32_t format, reserved;
  uint64_t pts_us;            /* carrier -> host: since the stream began; a jump is a gap and filled with silence */
} hks_audio;
typedef struct hks_notice { hks_msg msg; hks_str call, text; uint32_t level, reserved; } hks_notice;
typedef struct hks_transcript { hks_msg msg; hks_str call, text, item; uint32_t speaker, reserved; uint64_t at_unix_ms; } hks_transcript;
typedef struct hks_mark { hks_msg msg; hks_str name; } hks_mark;
typedef struct hks_heard { hks_msg msg; hks_str item; uint64_t heard_ms, received_ms; } hks_heard;
typedef struct hks_closed {   /* the end of a connection; of HKS_GONE: the one that was lost, if that was the cause */
  hks_msg msg; hks_str reason;
  uint32_t close_code;        /* WebSocket close code, 1006 without one; 0: it was never open */
  uint32_t http_status;       /* of a refused handshake; 0: none was */
  uint64_t retry_after_ms;    /* 1.1, CONN_CLOSED: what a refused handshake demands by Retry-After; 0: nothing */
} hks_closed;
typedef struct hks_refusal {  /* a call that is not made or not taken; http_status: of the API's answer, 400..599; 0: 502 */
  hks_msg msg; hks_str reason; uint32_t http_status, reserved;
} hks_refusal;
typedef struct hks_call_end { /* call: our id or the carrier's; empty: this session's own call. by: HKS_BY_... */
  hks_msg msg; hks_str reason, call; uint32_t by, flags;
} hks_call_end;
typedef struct hks_swept { hks_msg msg; hks_str reason; } hks_swept;
typedef struct hks_state {
  hks_msg msg; hks_str call, remote_id;
  hks_str reason;             /* OVER: why. IN_PROGRESS: what has not come yet, should the call never connect */
  uint32_t state, outcome;
  uint64_t duration_ms;       /* answered to ended, as the carrier counts; 0: it does not say */
  uint64_t answered_unix_ms, ended_unix_ms; /* by the carrier's clock; 0: it does not say */
  uint32_t resolution_ms;     /* of the three above: 1000 for a carrier that counts seconds; 0: exact */
  uint32_t reserved;
} hks_state;
typedef struct hks_phase {
  hks_msg msg; uint32_t phase, deadline_ms, attempt /* from 1 */, reserved;
  hks_str event_id;           /* the same for every attempt of this hook: lets a receiver drop duplicates */
  const hks_record *record;
  uint64_t unix_ms;           /* the wall clock when the hook is given; an attempt may come days after the event */
  hks_str memo;               /* of the latest HKS_HOOK_DONE of this hook that had one; also after a restart */
  hks_str say;                /* 1.1, HANGUP: the carrier speaks this to the far end before it hangs up, if it can */
} hks_phase;
typedef struct hks_hook { hks_msg msg; uint32_t phase, deadline_ms /* 1..15000 */; } hks_hook;
typedef struct hks_hook_done {
  hks_msg msg; uint32_t state, flags /* HKS_HOOK_APART | HKS_HOOK_MEND, with RETRY */; uint64_t after_ms; hks_str reason;
  hks_str memo;               /* kept beside the hook for its next attempt, such as what has arrived already; at most 1024
                                 bytes, a longer one is not kept; empty: what was kept stays */
} hks_hook_done;
typedef struct hks_route {
  hks_msg msg; hks_str method, path; uint32_t flags, reserved;
  hks_str call_query;         /* name of the query parameter that carries our call id, if any */
} hks_route;
typedef struct hks_keep { hks_msg msg; hks_str name, bytes /* never in a log */, reason; } hks_keep;
typedef struct hks_timer { hks_msg msg; uint64_t after_ms; } hks_timer;
typedef struct hks_ready { hks_msg msg; uint32_t takes, gives; } hks_ready; /* HKS_PCMU_8K... */
typedef struct hks_tool_call { hks_msg msg; hks_str call, name, json /* arguments, or the result */; uint32_t failed, reserved; } hks_tool_call;

/* --------------------------------------------------------------------------------------------------- tables */
typedef struct hks_sink { /* what the host provides; valid only during the step it was passed to, on that thread */
  void *host;
  hks_status(HKS_CALL *put)(const struct hks_sink *, const hks_msg *);      /* copies; nothing is taken but with HKS_OK */
  const void *(HKS_CALL *get)(const struct hks_sink *, const char *id);     /* HKS_MESSAGES or a later extension of the
                                                                               host, else NULL; static storage */
} hks_sink;

/* What the host knows, as hks_entry.get says what the plugin knows: asked in any step, answered at once. */
#define HKS_MESSAGES "hookswitch.messages/1"
typedef struct hks_messages {
  /* [session] The size of the record of this type as this host knows it, if a session of this role may put it or is given
   * it; 0: neither. A field that was appended later is read by the host when it ends within that size. */
  uint32_t(HKS_CALL *size)(const hks_sink *, uint32_t type);
} hks_messages;

/* A role is what a plugin can be asked to do. One table serves them all; the id says how often and where a session
 * is opened. A plugin has at most one of control and notifier. */
#define HKS_ROLE_CONTROL "hookswitch.control/1"   /* one per plugin, [control]: routes, hooks, dialling */
#define HKS_ROLE_NOTIFIER "hookswitch.notifier/1" /* one per plugin, [control]: also gets notices and transcripts */
#define HKS_ROLE_CARRIER "hookswitch.carrier/1"   /* one per call, [loop] */
#define HKS_ROLE_VOICE "hookswitch.voice/1"       /* one per call and provider, [loop] */
typedef struct hks_session hks_session;           /* the plugin's own, opaque to the host */
typedef struct hks_role {
  hks_session *(HKS_CALL *open)(void);                                               /* [session] NULL = refused */
  /* [session] <0: this message failed; a few in a row and the host closes the session */
  hks_status(HKS_CALL *step)(hks_session *, const hks_msg *in, const hks_sink *out);
  void(HKS_CALL *close)(hks_session *);                                              /* [session] last call */
} hks_role;

/* The keys of the plugin's section of the configuration, so that the host can check, redact and print them. */
#define HKS_SETTINGS "hookswitch.settings/1"
enum { HKS_TEXT = 1, HKS_BOOLEAN = 2, HKS_INTEGER = 3, HKS_URL = 4, HKS_CHOICE = 5 };
enum { HKS_SECRET = 1, HKS_REQUIRED = 2, /* while it is empty the plugin is loaded but idle */
       HKS_WORDS = 4 };                  /* HKS_TEXT for people or models: may have line breaks, quotes, semicolons */
typedef struct hks_key {
  uint32_t size, kind, flags, reserved;
  const char *name, *fallback, *text; /* text: one line for the person who edits the file */
  const char *choices;                /* HKS_CHOICE: "a|b|c" */
  const char *pattern;                /* HKS_TEXT: regular expression (PCRE) of the whole value. One that does not fit is
                                         worth a note, never a refusal: providers change what their keys look like */
  const char *shape;                  /* what the pattern says, for people: "AC and 32 digits 0-9 a-f" */
} hks_key;
typedef struct hks_settings { const hks_key *keys; uint64_t count; uint64_t key_size; } hks_settings;

typedef struct hks_entry {
  uint32_t abi_major, abi_minor;       /* first, forever: read before anything else */
  uint32_t size, reserved;
  const char *id, *name, *version;     /* id: [a-z][a-z0-9_-]{0,31}, also the section's name; static storage */
  const void *(HKS_CALL *get)(const char *id); /* [any] a HKS_ROLE_* table, HKS_SETTINGS or a later extension, else NULL */
} hks_entry;
HKS_EXPORT extern const hks_entry hks_plugin_entry; /* the one exported symbol */

#ifdef __cplusplus
}
#endif
#endif
