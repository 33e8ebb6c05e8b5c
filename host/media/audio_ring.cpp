#include "host/media/audio_ring.hpp"

#include <algorithm>
#include <cstring>

#include "host/base/lent.hpp"

namespace hookswitch::media {
namespace {

constexpr std::size_t first_frames = 4;

}  // namespace

void AudioRing::append(std::string_view bytes) {
  growFor(bytes.size());
  const std::size_t tail = (head_ + size_) % bytes_.size();
  const std::size_t first = std::min(bytes.size(), bytes_.size() - tail);
  std::memcpy(bytes_.data() + tail, bytes.data(), first);
  if (bytes.size() != first) std::memcpy(bytes_.data(), bytes.data() + first, bytes.size() - first);
  size_ += bytes.size();
}

void AudioRing::appendSilence(std::size_t size) {
  growFor(size);
  const std::size_t tail = (head_ + size_) % bytes_.size();
  const std::size_t first = std::min(size, bytes_.size() - tail);
  fillSilence(format_, bytes_.data() + tail, first);
  fillSilence(format_, bytes_.data(), size - first);
  size_ += size;
}

std::string_view AudioRing::take(std::size_t size) {
  const std::size_t first = std::min(size, bytes_.size() - head_);
  std::string_view piece(bytes_.data() + head_, first);
  if (first != size) {
    base::lend(joined_);
    joined_.assign(piece.begin(), piece.end());
    joined_.insert(joined_.end(), bytes_.begin(), bytes_.begin() + std::ptrdiff_t(size - first));
    piece = {joined_.data(), size};
  }
  head_ = (head_ + size) % bytes_.size();
  size_ -= size;
  return piece;
}

void AudioRing::clear() {
  head_ = size_ = 0;
  rest();
}

void AudioRing::rest() {
  if (size_ == 0) base::reclaim(bytes_);
  base::reclaim(joined_);
}

void AudioRing::growFor(std::size_t size) {
  if (size_ == 0) head_ = 0;
  base::lend(bytes_);
  if (size_ + size <= bytes_.size()) return;
  std::size_t capacity = std::max(bytes_.size(), first_frames * frame_bytes_);
  while (capacity < size_ + size) capacity *= 2;
  std::vector<char> larger(capacity);
  const std::size_t first = std::min(size_, bytes_.size() - head_);
  if (first != 0) std::memcpy(larger.data(), bytes_.data() + head_, first);
  if (size_ != first) std::memcpy(larger.data() + first, bytes_.data(), size_ - first);
  bytes_.swap(larger);
  head_ = 0;
}

}  // namespace hookswitch::media
