// A bump allocator that keeps its memory: one per session, emptied after every drained step.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

namespace hookswitch::plugin {

/// Pointers stay valid until clear(). Blocks above `keep_bytes` are given back by clear(), so that one large message
/// does not pin its size for the rest of a call. Not thread-safe: it belongs to whoever owns the queue.
class Arena {
 public:
  explicit Arena(std::size_t keep_bytes = 16 * 1024) : keep_bytes_(keep_bytes) {}

  void* allocate(std::size_t size) {
    size = (size + 15) & ~std::size_t{15};
    if (block_ >= blocks_.size() || used_ + size > blocks_[block_].size) grow(size);
    void* p = blocks_[block_].data.get() + used_;
    used_ += size;
    total_ += size;
    return p;
  }
  template <class T>
  T* make() {
    return static_cast<T*>(std::memset(allocate(sizeof(T)), 0, sizeof(T)));
  }
  const char* copy(const char* data, std::size_t size) {
    return size ? static_cast<const char*>(std::memcpy(allocate(size), data, size)) : nullptr;
  }
  void clear() {
    if (total_ > keep_bytes_) blocks_.clear();
    block_ = used_ = total_ = 0;
  }
  std::size_t used() const { return total_; }

 private:
  struct Block {
    std::unique_ptr<char[]> data;
    std::size_t size;
  };
  void grow(std::size_t size) {
    if (block_ < blocks_.size()) ++block_;
    while (block_ < blocks_.size() && blocks_[block_].size < size) ++block_;
    if (block_ >= blocks_.size()) {
      const std::size_t block_size = size > 4096 ? size : 4096;
      blocks_.push_back({std::unique_ptr<char[]>(new char[block_size]), block_size});
      block_ = blocks_.size() - 1;
    }
    used_ = 0;
  }
  std::size_t keep_bytes_, block_ = 0, used_ = 0, total_ = 0;
  std::vector<Block> blocks_;
};

}  // namespace hookswitch::plugin
