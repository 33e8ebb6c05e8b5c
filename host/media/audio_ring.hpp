// Audio that waits to be sent, taken out piece by piece.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "host/media/transcoder.hpp"

namespace hookswitch::media {

/// [loop] A ring of bytes that grows as needed. While it is empty, memory of its thread may do.
class AudioRing {
 public:
  AudioRing(AudioFormat format, std::size_t frame_bytes) : format_(format), frame_bytes_(frame_bytes) {}

  std::size_t size() const { return size_; }  ///< bytes
  void append(std::string_view bytes);
  void appendSilence(std::size_t size);
  /// So many bytes; there must be as many. The view is valid until the next append.
  std::string_view take(std::size_t size);
  void clear();
  /// Ends what take() gave. Memory that is not needed now goes back to the thread.
  void rest();

 private:
  void growFor(std::size_t size);

  const AudioFormat format_;
  const std::size_t frame_bytes_;
  std::vector<char> bytes_;
  std::vector<char> joined_;  // the one piece between two appends that lies around the end of the ring
  std::size_t head_ = 0, size_ = 0;
};

}  // namespace hookswitch::media
