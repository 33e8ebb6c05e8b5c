// What the caller has said last, for a connection that has to hear it again.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <utility>

namespace hookswitch::speech {

/// The newest audio, oldest dropped: within a turn of the caller's more of it than before one. In blocks, so that a
/// frame costs a copy, what is dropped moves nothing, and the memory of a long turn goes with it. Lengths in bytes.
/// [session]
class CallerTurn {
 public:
  /// run_up: of what comes before a turn; turn: of a turn with its run-up.
  void keeps(std::size_t run_up, std::size_t turn) { run_up_ = run_up, turn_ = turn; }
  void add(std::string_view bytes);
  /// The caller speaks.
  void begin();
  bool open() const { return open_; }
  /// It is known by its words, or answered: it need not be said again.
  void understood() { open_ = false; }
  /// The connection that has heard it is left. A turn that is open is lost with it.
  void leave();
  bool lost() const { return !lost_.blocks.empty(); }
  /// What was lost, for the next connection, which may be lost as well: from here on the turn is open again.
  /// `send` gets pieces of up to `piece` bytes.
  template <class Send>
  void repeat(std::size_t piece, Send send) {
    open_ = lost();
    recent_ = std::exchange(lost_, {});
    const std::string all = recent_.text();
    for (std::string_view left = all; !left.empty(); left.remove_prefix(left.substr(0, piece).size()))
      send(left.substr(0, piece));
  }

 private:
  struct Audio {
    std::list<std::string> blocks;
    std::size_t begin = 0, size = 0;  // begin: in the first block
    void keep(std::size_t most);
    std::string text() const;
  };
  static constexpr std::size_t block_bytes = 1600;
  std::size_t run_up_ = 0, turn_ = 0;
  Audio recent_, lost_;
  bool open_ = false;
};

}  // namespace hookswitch::speech
