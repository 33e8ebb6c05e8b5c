// What the model says as sound: its audio on the way to the caller, the barge-in, and what is taken back after it.
#pragma once

#include "plugins/openai/channel.hpp"
#include "plugins/openai/delta.hpp"
#include "plugins/openai/items.hpp"

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>

namespace hookswitch::openai {

/// [session]
class Playback {
 public:
  explicit Playback(Channel& channel) : channel_(channel) {}

  /// response.output_item.added: a spoken item follows.
  void expect(std::string_view item, std::string_view response) { items_.open(item, response); }
  /// response.output_audio.delta. `now_us`: Caller::nowUs(). False: its audio is not Base64.
  bool delta(const AudioDelta& delta, std::uint64_t now_us, hks::Out& out);
  /// response.output_audio.done
  void audioDone(std::string_view item, hks::Out& out);
  /// response.done: nothing more of it comes. `each` is called with every item of it.
  template <class Each>
  void responseDone(std::string_view response, Each&& each, hks::Out& out) {
    for (Item& item : items_) {
      if (item.response != response) continue;
      end(item, !isDiscarded(response), out);
      each(item.id);
    }
  }

  /// The caller speaks: what still comes of `response` is not played; empty: none is known. True: that is new.
  bool interrupt(std::string_view response, std::uint64_t now_us);
  /// Other words for a line.
  struct Correction {
    std::string item, text;
  };
  /// So much of an item was heard: the model forgets the rest (§5 step 5). What becomes of its line, if that was told.
  std::optional<Correction> heard(const hks_heard& heard, hks::Out& out);
  /// The transcript of an item has come: as much of it as the caller heard. Nothing: it has been told already.
  std::optional<std::string> words(std::string_view item, std::string_view transcript);

  /// A piece of the transcript of an item.
  void saying(std::string_view item, std::string_view words);
  struct BrokenOff {
    std::string item, text;
    bool is_new;  ///< its words were not told yet
  };
  /// The answer that is under way ends here: what the caller hears of it, by its words so far. Nothing: of none has
  /// anything come. leave() follows.
  std::optional<BrokenOff> breakOff();

  /// Something of the response was to be heard.
  bool sounded(std::string_view response);
  /// The caller or the host has cut it off: nobody wants it.
  bool isDiscarded(std::string_view response) const;
  /// Nothing of the response is played: it is not what was confirmed.
  void mute(std::string_view response);

  /// When the caller will have heard what is there, by Caller::nowUs().
  std::uint64_t playedUntilUs() const { return played_until_us_; }
  /// The connection is left: what came of an item is played to its end, nothing follows, and nothing of it can be taken
  /// back there.
  void leave(hks::Out& out);

 private:
  bool discard(std::string_view response);
  Item& itemOf(const AudioDelta& delta, hks::Out& out);
  static void end(Item& item, bool tell, hks::Out& out);

  Channel& channel_;
  Items items_;
  std::string muted_;                 // a response that is not played
  std::list<std::string> discarded_;  // responses whose late audio is not played
  std::uint64_t played_until_us_ = 0;
};

}  // namespace hookswitch::openai
