#include "host/plugin/arena.hpp"

#include <array>
#include <utility>

namespace hookswitch::plugin {
namespace {

/// Blocks that a thread has left over. More than one are in use while a step leads to a step of another session.
struct Spare {
  static constexpr std::size_t most = 4;
  std::array<std::unique_ptr<std::byte[]>, most> blocks;
  std::size_t count = 0;
  Spare();
  ~Spare();
};

// Sessions of the main thread may outlive its Spare: a plain pointer still says then that there is none.
thread_local Spare* mine = nullptr;
Spare::Spare() { mine = this; }
Spare::~Spare() { mine = nullptr; }

}  // namespace

void Arena::begin() {
  thread_local Spare spare;
  if (mine && mine->count)
    block_ = std::move(mine->blocks[--mine->count]);
  else
    block_.reset(new std::byte[block_bytes]);  // without zeros, which would write to all of it
}

void* Arena::beyond(std::size_t size) {
  if (!resource_) resource_.emplace(block_bytes);
  return resource_->allocate(size, alignment);
}

void Arena::clear() noexcept {
  used_ = taken_ = 0;
  if (!block_) return;
  if (resource_) resource_.reset();
  if (mine && mine->count < Spare::most)
    mine->blocks[mine->count++] = std::move(block_);
  else
    block_.reset();
}

}  // namespace hookswitch::plugin
