/* hookswitch/drafts/acts.h - what may be done with a call while it runs: say something at once, new instructions for
 * the model, keys, a transfer. Draft.
 *
 * Whoever can do such a thing lists the messages in a table of its own, hks_draft_listens; a host asks it before it
 * sends one, and tells people that the plugin cannot when it is not there. C++: hks::Listens in HKS_PLUGIN, and
 * Session::onDraft. */
#ifndef HKS_DRAFTS_ACTS_H
#define HKS_DRAFTS_ACTS_H
#include <hookswitch/abi.h>
#ifdef __cplusplus
extern "C" {
#endif

/* Asked for with hks_entry.get: the drafts, from host to plugin, that this plugin does something with. */
#define HKS_DRAFT_LISTENS "hookswitch.draft.listens/1"
typedef struct hks_draft_listens {
  const uint32_t* types;
  uint64_t count;
} hks_draft_listens;

enum {
  /* host -> voice [loop] */
  HKS_DRAFT_SAY_NOW = 0x20000000, /* hks_notice     as HKS_SAY, and whatever is being said is broken off for it: what
                                     was queued has been dropped, HKS_HEARD came before this */
  HKS_DRAFT_PROMPT = 0x20000001,  /* hks_notice     text: these instructions hold from now on, on every later connection
                                                    too; nothing is said because of them */
  /* host -> control of the call's carrier [control]; HKS_DRAFT_ACT_DONE follows, once, same id, within 30 s */
  HKS_DRAFT_KEYS = 0x20000002,     /* hks_draft_act  press these keys on the far end's line */
  HKS_DRAFT_TRANSFER = 0x20000003, /* hks_draft_act  connect the far end with another number */
  /* control -> host [control] */
  HKS_DRAFT_ACT_DONE = 0x20000004, /* hks_draft_act_done */
  /* both ways [control] */
  HKS_DRAFT_TRANSFERRED = 0x20000005 /* hks_draft_transferred  control -> host: how a transfer goes; the last one
                                        counts. host -> control, before HKS_CALL_PHASE: of this call a transfer was
                                                    asked for; its end is that of the legs that were rung for it, too */
};

typedef struct hks_draft_act {
  hks_msg msg;
  const hks_call* call; /* its media_url is new: the stream that comes back after the act comes there. The one before
                           may end meanwhile, which is not the end of the call */
  hks_str digits;       /* KEYS: 0-9 * # A-D, w is half a second of silence */
  hks_str to, announce; /* TRANSFER: E.164; what the far end hears before it, may be empty */
  uint32_t timeout_s;   /* TRANSFER: how long it may ring */
  uint32_t reserved;
} hks_draft_act;

enum {                        /* hks_draft_act_done.state */
       HKS_DRAFT_TAKEN = 1,   /* the carrier does it: the stream ends and comes back */
       HKS_DRAFT_REFUSED = 2, /* it does not, and the stream goes on */
       HKS_DRAFT_UNSURE = 3,  /* nobody knows: no answer, and a repetition might do it twice */
       HKS_DRAFT_INBAND = 4,  /* KEYS: the host puts the tones into the sound of the call */
       HKS_DRAFT_LEFT = 5     /* the far end has hung up */
};
typedef struct hks_draft_act_done {
  hks_msg msg;
  hks_str reason;
  uint32_t state, reserved;
} hks_draft_act_done;

enum {                            /* hks_draft_transferred.state */
       HKS_DRAFT_T_COMPLETED = 1, /* the two are connected, or were */
       HKS_DRAFT_T_BUSY = 2,
       HKS_DRAFT_T_NO_ANSWER = 3,
       HKS_DRAFT_T_DECLINED = 4,
       HKS_DRAFT_T_FAILED = 5,
       HKS_DRAFT_T_CALLER_LEFT = 6 /* the far end hung up before anybody answered */
};
typedef struct hks_draft_transferred {
  hks_msg msg;
  hks_str call, reason;
  uint32_t state, reserved;
} hks_draft_transferred;

#ifdef __cplusplus
}
#endif
#endif
