#pragma once
// What one caller is being played: the queue of model audio, its pacing, and the ledger of what has been heard.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/media/audio_ring.hpp"
#include "host/media/pace.hpp"
#include "host/media/transcoder.hpp"

namespace hookswitch::media {

struct PlayoutOptions {
  AudioFormat format = AudioFormat::pcmu_8k;  // of the carrier
  std::uint32_t frame_ms = 20;                // 10..100; less is sent of an item at its end only
  std::uint32_t piece_ms = 20;                // at most so much at once; a frame to half of the lead
  std::uint32_t lead_ms = 200;                // how far ahead of real time the carrier is kept; at least 2 frames
  std::uint32_t early_ms = 0;                 // ... and how much more, for the end of a delta; at most lead_ms
  std::uint32_t start_ms = 60;                // audio to have before playing starts on a silent line; at most lead_ms
  std::uint32_t start_hold_ms = 200;          // ... or how long its first bytes have waited for more of it
  std::uint32_t rebuffer_ms = 2000;           // audio to have at most before an item that stutters goes on
  std::uint32_t mark_every_ms = 200;          // at least one frame
  std::uint32_t max_queue_ms = 600000;        // not yet sent; at least one second
  bool carrier_marks = true;                  // false: the carrier reports nothing, playing is estimated from the clock
  std::uint32_t blind_latency_ms = 150;       // without marks: what the network and the carrier's buffer add
  std::uint32_t mark_grace_ms = 5000;         // an echo that late will not come: its audio counts as played
};

enum class PushResult : std::uint8_t {
  queued = 1,
  late = 2,      // the item was interrupted, cut by an overflow, or has ended and still plays: ignored
  overflow = 3,  // once per item: the queue is full. What fitted is kept and ends the item, the rest of it is ignored
};

struct PlayoutAction {
  enum class Kind : std::uint8_t { frame = 1, mark = 2 };
  Kind kind = Kind::frame;
  std::string_view item;     // whose audio; for a mark: whose audio it follows
  std::string_view audio;    // frame: frame_ms to piece_ms in the carrier's format; an item's last may be shorter
  bool last = false;         // the item's last frame, or its end mark
  std::int64_t late_us = 0;  // frame: how long the carrier had nothing left to play of this item before it
  std::string_view mark() const { return {name.data(), name_size}; }  // "g<generation>:<seq>", never used twice
  std::array<char, 36> name{};
  std::size_t name_size = 0;
};

// One item that was not heard to its end. heard_ms <= sent_ms <= received_ms, all rounded down.
struct ItemCut {
  std::string item;
  std::uint64_t heard_ms = 0;
  std::uint64_t sent_ms = 0;      // handed to the carrier, without padding
  std::uint64_t received_ms = 0;  // pushed, without padding
};

struct Interruption {
  bool flush = false;          // the carrier holds audio that may not have been played: send it a FLUSH
  std::vector<ItemCut> items;  // oldest first; only the first can have heard_ms > 0
};

// [loop] Pure: no clock, no thread. now_us is any monotonic clock, the same for all calls, never going back.
//
// Clock (openai-realtime.md §8): audio of a run plays at its start plus all that went before it, and goes out as soon
// as that leaves the carrier with no more than lead_ms. When it has run dry - no audio came, or we were late by more
// than the lead - the next run starts a new clock: nothing is skipped and no silence is inserted. A burst is never
// longer than the lead, and early_ms.
//
// Pieces: what has come and fits the lead goes out at once and whole, so the pieces of a model that speaks in real time
// are as long as its deltas (a resampler's look-ahead, too, is behind only once). Less than a frame waits for more.
// What does not fit goes out in pieces of piece_ms, as soon as one fits: the carrier holds lead_ms - piece_ms or more.
// Behind a piece the last of what has come may go early_ms too soon: a model in real time is early by its network's
// jitter, and its deltas are to leave in the turn that brought them, to the last byte.
//
// Ledger (twilio.md §5.5): a mark follows every mark_every_ms of an item (the piece that passes that point, or a part
// of it where both parts are a frame), its end, and the point where the carrier ran dry. An echo of the current
// generation proves that everything before it was played; from there the position is interpolated, never past the next
// mark that is still to be echoed.
class Playout {
 public:
  explicit Playout(const PlayoutOptions& options = {});

  // Queues any number of bytes of `item`. Items play in the order in which they began, whole: audio of the next may
  // come before the item has ended, and waits. An empty id is an item too, but late audio of one cannot be told from
  // new.
  PushResult push(std::string_view item, std::string_view bytes);
  // No more audio of `item`: pads its last frame with silence. False when no such item is open.
  bool endItem(std::string_view item);
  // The item that holds up the next and has nothing left to send, when the line is about to run dry: NULL when there is
  // none. due() goes on without it; more of it plays after what has begun since.
  const std::string* stalled(std::int64_t now_us) const;
  void passOver(std::string_view item);

  // What must go to the carrier now, in this order. Call after every push() and endItem(), and when nextUs() has come.
  // The result and the views in it are valid until the next call of any non-const function.
  const std::vector<PlayoutAction>& due(std::int64_t now_us);
  // What due() gave is done with: memory goes back to the thread, and one that has nothing queued keeps none.
  void rest();
  // When due() has something to do although nothing is pushed; int64's largest: never.
  std::int64_t nextUs() const;
  // The same now, or the carrier has run dry since: that is worth a mark, but not a timer.
  bool pending(std::int64_t now_us) const { return (running_ && playsUs() < now_us) || nextUs() <= now_us; }
  // The carrier has played everything before this mark, or will have when our clock says so: some carriers echo a mark
  // the moment they get it. False: not ours, of an old generation, or known already.
  bool markEchoed(std::string_view name, std::int64_t now_us);
  // The caller speaks: drops the queue and closes the generation. Everything not heard to its end is reported, and its
  // later audio ignored.
  Interruption interrupt(std::int64_t now_us);

  // The carrier's stream is over and another follows: what was sent counts as played, what is queued waits for it.
  void carrierLeft(std::int64_t now_us);
  // The carrier still plays something of ours, by our clock.
  bool plays(std::int64_t now_us) const { return running_ && playsUs() >= now_us; }
  // When everything that is queued will have been played, by our clock.
  std::int64_t playedUs(std::int64_t now_us) const {
    return (running_ ? std::max(playsUs(), now_us) : now_us) + bytesToUs(queue_.size());
  }
  bool drained() const { return items_.empty(); }  // every item has ended and was played to its end
  bool idle() const { return !running_; }          // the carrier has nothing of ours left to play, by our clock
  std::uint32_t generation() const { return generation_; }

  struct Counters {
    std::uint64_t frames = 0;         // handed out
    std::uint64_t underruns = 0;      // the carrier ran dry inside an item
    std::uint64_t late_pushes = 0;    // PushResult::late
    std::uint64_t foreign_marks = 0;  // markEchoed() said false
    std::uint64_t lost_marks = 0;     // echoes that never came
  };
  const Counters& counters() const { return counters_; }

 private:
  // Clocks differ a little, so a carrier may be so much ahead of ours.
  static constexpr std::int64_t early_echo_us = 20'000;
  static constexpr std::int64_t pause_us = 1'000'000;  // a longer silence is the speaker's own
  static constexpr std::int64_t ahead_us = 20'000'000;

  // Positions count bytes from the item's first, padding included except in `received`.
  struct Item {
    std::string id;
    std::uint64_t received = 0;
    std::uint64_t total = 0;
    std::uint64_t sent = 0;
    std::uint64_t marked = 0;     // position of its newest mark
    std::uint64_t played = 0;     // position of its newest echo
    std::uint64_t anchor = 0;     // it was here ...
    std::int64_t anchor_us = -1;  // ... at this time, and has been playing since; negative: not playing
    std::uint64_t before = 0;     // bytes of the same item that were played apart, before it was passed over
    std::string waiting;          // audio behind an item that has not ended
    std::uint64_t fed = 0;        // so much had come of it ...
    std::int64_t fed_us = 0;      // ... when that had last grown, since it has been its turn
    bool closed = false;          // no more of it comes
    bool passed_over = false;     // more of it may come, as a further entry
    bool ended = false;           // closed, and nothing of it is in `waiting`
    bool end_marked = false;
  };
  struct Mark {
    std::uint64_t seq;
    std::uint64_t item;      // number of the item
    std::uint64_t position;  // in that item
    std::int64_t plays_us;   // when the audio before it ends, by our clock
    bool last;
  };

  Item& itemAt(std::uint64_t number) { return items_[number - first_item_]; }
  std::int64_t goesOnUs(const Item& item) const;
  void lookAtFirst(std::int64_t now_us);
  Item* open(std::string_view id);
  Item& begin(std::string_view id);
  Item* writing();  // the first that has not ended: what comes of it goes into the queue
  void closeItem(Item& item);
  bool overtaken() const { return sending_ - first_item_ + 1 < items_.size(); }  // another item waits behind
  void rememberIgnored(std::string_view id);
  bool isIgnored(std::string_view id) const;
  bool readyToStart(const Item& item, std::int64_t now_us);
  bool stuttered() const;
  std::uint32_t startMs() const;
  void startRun(Item& item, std::int64_t now_us);
  std::size_t pieceOf(const Item& item) const;
  std::size_t nextPiece(Item& item, std::int64_t now_us);
  void sendPiece(Item& item, std::size_t size, std::int64_t now_us);
  void sendMark(Item& item, bool last, std::int64_t now_us);
  void runDry(std::int64_t now_us);
  void popMark(std::int64_t now_us);
  void settleEchoes(std::int64_t now_us);
  void finishFirst(std::int64_t now_us);
  void expireMarks(std::int64_t now_us);
  void playBlind(std::int64_t now_us);
  std::uint64_t heardBytes(const Item& item, std::int64_t now_us) const;
  std::int64_t bytesToUs(std::uint64_t bytes) const;
  std::uint64_t usToBytes(std::int64_t us) const;

  const PlayoutOptions options_;
  const std::size_t bytes_per_ms_;
  const std::size_t frame_bytes_;
  const std::size_t piece_bytes_;
  const std::size_t mark_bytes_;
  const std::size_t max_queue_bytes_;
  const std::int64_t lead_us_;

  AudioRing queue_;                // not yet sent
  std::size_t waiting_bytes_ = 0;  // behind what is in queue_, in items
  // Vectors, though they are taken from in front: they are short, and empty ones hold no memory.
  std::vector<Item> items_;       // not yet heard to the end, oldest first
  std::uint64_t first_item_ = 0;  // number of items_.front()
  std::uint64_t sending_ = 0;     // number of the first item that has not been sent to its end
  std::vector<Mark> marks_;       // sent and not echoed, oldest first, consecutive seq
  std::uint32_t generation_ = 1;
  std::uint64_t next_seq_ = 1;
  std::uint64_t echoed_ = 0;  // seq of the newest mark that came back

  /// Running: when the next piece plays.
  std::int64_t playsUs() const { return run_us_ + bytesToUs(run_bytes_); }

  bool running_ = false;
  std::int64_t run_us_ = 0;       // the run began then ...
  std::uint64_t run_bytes_ = 0;   // ... and so much of it has been sent
  std::int64_t wake_us_ = -1;     // what is queued wants to be looked at again then; negative: when more comes
  std::int64_t waiting_us_ = -1;  // not running: since when audio has been waiting for the start ...
  std::int64_t hold_us_ = 0;      // ... and how long it does at most
  std::int64_t dry_us_ = -1;      // not running: when the carrier ran dry inside an item; negative: it did not
  std::uint64_t dry_item_ = 0;    // number of that item
  std::uint32_t stutters_ = 0;    // short silences inside the item that is being sent
  std::uint64_t pace_item_ = 0;   // number of that item, and how fast it comes
  Pace pace_;
  std::int64_t late_us_ = 0;  // of the next frame

  struct Passed {
    std::string id;
    std::uint64_t bytes = 0;
  };
  static constexpr std::size_t max_open = 8;
  std::array<Passed, 4> passed_;  // items that were passed over, oldest overwritten
  std::size_t next_passed_ = 0;
  static constexpr std::size_t kMaxIgnored = 32;
  std::vector<std::string> ignored_;  // ids of interrupted items, oldest overwritten
  std::size_t next_ignored_ = 0;
  std::vector<PlayoutAction> actions_;
  Counters counters_;
};

}  // namespace hookswitch::media
