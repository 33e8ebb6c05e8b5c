// The memory behind the copies of what plugins put: one per session, emptied after every drained step.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <optional>

namespace hookswitch::plugin {

/// A std::pmr::monotonic_buffer_resource that begins in a block of its own and counts. Pointers stay valid until
/// clear(), which gives back everything but the first block: a large message does not pin its size for the rest of a
/// call, and a step of ordinary size allocates nothing. Not thread-safe: it belongs to whoever owns the queue.
class Arena {
 public:
  /// The first block is made when it is needed: many sessions never put anything.
  explicit Arena(std::size_t first_bytes = 4096) : first_bytes_(first_bytes) {}

  /// Aligned for every type.
  void* allocate(std::size_t size) {
    if (!resource_) {
      first_ = std::make_unique<std::byte[]>(first_bytes_);
      resource_.emplace(first_.get(), first_bytes_);
    }
    used_ += size;
    return resource_->allocate(size, alignof(std::max_align_t));
  }
  template <class T>
  T* make() {
    return static_cast<T*>(std::memset(allocate(sizeof(T)), 0, sizeof(T)));
  }
  const char* copy(const char* data, std::size_t size) {
    return size ? static_cast<const char*>(std::memcpy(allocate(size), data, size)) : nullptr;
  }
  void clear() {
    if (resource_ && used_) resource_->release();
    used_ = 0;
  }
  std::size_t used() const { return used_; }  ///< bytes asked for since the last clear()

 private:
  std::size_t first_bytes_, used_ = 0;
  std::unique_ptr<std::byte[]> first_;
  std::optional<std::pmr::monotonic_buffer_resource> resource_;
};

}  // namespace hookswitch::plugin
