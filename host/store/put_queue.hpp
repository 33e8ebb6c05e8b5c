// Writes on their way to the disk. Private to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "host/store/types.hpp"

namespace hookswitch::store {

/// Writes that belong together, and what they cost in memory.
struct Put {
  std::vector<Write> writes;
  std::size_t bytes = 0, line_bytes = 0;  ///< line_bytes: of lines of transcripts, in `bytes` too
  /// Throws std::invalid_argument for a call without terms.
  static Put of(std::vector<Write> writes);
};

/// Puts in their order, within a bound: beyond it lines of transcripts are dropped first. Puts are numbered from 1.
/// Whoever owns it guards it.
class PutQueue {
 public:
  explicit PutQueue(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// False: there was no room even without a single line.
  bool admit(Put put);
  /// The next ones, as many as one transaction takes; empty when there are none.
  std::vector<Write> take();
  bool empty() const { return puts_.empty(); }

  std::uint64_t latest() const { return latest_; }  ///< number of the latest put
  std::uint64_t taken() const { return taken_; }    ///< number of the latest that was taken
  std::size_t writes() const { return writes_; }
  std::uint64_t refused() const { return refused_; }  ///< writes, lines included, that there was no room for

 private:
  static std::size_t dropLines(Put& put);
  bool fits(const Put& put) const { return bytes_ + put.bytes <= max_bytes_; }

  const std::size_t max_bytes_;
  std::deque<Put> puts_;
  std::size_t bytes_ = 0, line_bytes_ = 0, writes_ = 0;
  std::uint64_t latest_ = 0, taken_ = 0, refused_ = 0;
};

}  // namespace hookswitch::store
