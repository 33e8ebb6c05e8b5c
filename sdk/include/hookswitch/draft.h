/* hookswitch/draft.h - messages and extensions that may still change. Two at present:
 * drafts/room.h, memory that the host lends for what a step puts;
 * drafts/acts.h, what may be done with a call while it runs.
 *
 * What is in abi.h stays for as long as HKS_ABI_MAJOR does. A new idea is tried here first, where it costs nobody
 * anything to be wrong:
 *
 * - A draft is a header in hookswitch/drafts/ that this one includes. Its messages have numbers from
 *   HKS_DRAFT_FIRST on, its tables ids of the form "hookswitch.draft.<name>/<revision>". Its rows are in messages.def.
 * - A changed message gets a new number, a changed table a new revision: never another meaning under an old one.
 *   Numbers that are given up are written down below and not used again.
 * - A plugin that uses a draft includes this header, asks first (hks::Out::knows, hks_sink.get) and goes on without it
 *   when the answer is 0 or NULL: any release of the gateway may have dropped it. HKS_ABI_MINOR says nothing of drafts.
 *
 * Promotion. A draft becomes part of abi.h when all of this is true:
 *   1. A release of the gateway has had this very revision, and at least two plugins by different hands have used it.
 *   2. It has transcripts (the host's side and a plugin's), a row in the table of sdk/README.md, and a sentence on
 *      what a plugin does on a host without it.
 *   3. No question about it is open: who may put it, on which thread, what it costs when it is lost, late, repeated.
 *   4. Its records follow the rules of abi.h: a size first, reserved fields of 0, strings with lengths, units in names.
 * Then it gets a number (or an id without "draft") in abi.h, its row in messages.def and HKS_ABI_MINOR + 1. The draft's
 * number answers HKS_UNSUPPORTED from then on; a plugin that knows both asks for the new one first.
 * A draft that fulfils this in no release for a year is removed.
 *
 * Numbers that were given up: none.                                                                              */
#ifndef HKS_DRAFT_H
#define HKS_DRAFT_H
#include <hookswitch/abi.h>
#include <hookswitch/drafts/acts.h>
#include <hookswitch/drafts/room.h>
#endif
