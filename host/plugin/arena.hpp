// The memory behind the copies of what plugins put, and behind what is lent to them for it: emptied after every drained
// step.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <optional>

namespace hookswitch::plugin {

/// A block that the thread lends it until clear(), taken from the front, and a std::pmr::monotonic_buffer_resource for
/// what the block has no room for: nearly all that is put here is some hundred bytes, 200 times a second for each call,
/// and costs an addition. Pointers stay valid until then. A session at rest has no memory here, and steps up to the
/// size of a block allocate nothing, whichever session they are of; what is beyond it is given back at once. Not
/// thread-safe: it belongs to whoever owns the queue.
class Arena {
 public:
  static constexpr std::size_t block_bytes = 256 * 1024;  ///< as far as they are never written, they cost nothing

  Arena() = default;
  ~Arena() { clear(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Aligned for every type.
  void* allocate(std::size_t size) {
    if (!block_) begin();
    used_ += size;
    const std::size_t at = (taken_ + alignment - 1) / alignment * alignment;
    if (size > block_bytes - at) return beyond(size);
    taken_ = at + size;
    return block_.get() + at;
  }
  template <class T>
  T* make() {
    return static_cast<T*>(std::memset(allocate(sizeof(T)), 0, sizeof(T)));
  }
  const char* copy(const char* data, std::size_t size) {
    return size ? static_cast<const char*>(std::memcpy(allocate(size), data, size)) : nullptr;
  }
  void clear() noexcept;
  std::size_t used() const { return used_; }  ///< bytes asked for since the last clear()

 private:
  static constexpr std::size_t alignment = alignof(std::max_align_t);
  static_assert(block_bytes % alignment == 0);
  void begin();
  void* beyond(std::size_t size);
  std::size_t used_ = 0, taken_ = 0;  // taken_: of the block
  std::unique_ptr<std::byte[]> block_;
  std::optional<std::pmr::monotonic_buffer_resource> resource_;  // of what the block has no room for
};

}  // namespace hookswitch::plugin
