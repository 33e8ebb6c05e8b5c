/* hookswitch/drafts/room.h - memory of the host's, for large things that a plugin makes only in order to put them.
 * Draft.
 *
 * What a message points to is copied when it is put. What lies in room that was taken from the host in the same step is
 * not: audio is decoded, and a WebSocket's message is written, where the host keeps it anyway. hks::Room (room.hpp)
 * does that, and has memory of its own on a host without this table. */
#ifndef HKS_DRAFTS_ROOM_H
#define HKS_DRAFTS_ROOM_H
#include <hookswitch/abi.h>
#ifdef __cplusplus
extern "C" {
#endif

#define HKS_DRAFT_ROOM "hookswitch.draft.room/1"
typedef struct hks_draft_room { /* asked for with hks_sink.get */
  /* [session] So many bytes, until this step returns; NULL: not so many. Their content is anything. They are the
   * plugin's until a message that points into them is put; from then on they are only read, by the host. Room that is
   * never used costs nothing; it counts towards what one step may put. */
  char*(HKS_CALL* take)(const hks_sink*, uint64_t size);
} hks_draft_room;

#ifdef __cplusplus
}
#endif
#endif
