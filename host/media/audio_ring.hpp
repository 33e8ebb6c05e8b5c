// Audio that waits to be sent, taken out frame by frame.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "host/media/transcoder.hpp"

namespace hookswitch::media {

/// [loop] A ring of bytes that grows as needed. Its size is a multiple of a frame, so no frame wraps.
class AudioRing {
 public:
  AudioRing(AudioFormat format, std::size_t frame_bytes) : format_(format), frame_bytes_(frame_bytes) {}

  std::size_t size() const { return size_; }  ///< bytes
  void append(std::string_view bytes);
  /// Less than a frame, behind bytes of the same frame.
  void appendSilence(std::size_t size);
  /// One frame; there must be one. The view is valid until the next append.
  std::string_view takeFrame();
  void clear();

 private:
  void growFor(std::size_t size);

  const AudioFormat format_;
  const std::size_t frame_bytes_;
  std::vector<char> bytes_;
  std::size_t head_ = 0, size_ = 0;
};

}  // namespace hookswitch::media
