// Memory that a thread lends to whoever has something in hand: what has nothing in hand keeps none, however many of its
// kind there are.
#pragma once

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

namespace hookswitch::base {

/// What a thread has left over for vectors of `T`: a few, since one who has something in hand leads to another.
template <class T>
struct Lent {
  static constexpr std::size_t most = 4, largest_kept = 32 * 1024 / sizeof(T);
  std::array<std::vector<T>, most> spare;
  std::size_t count = 0;

  static Lent& mine() {
    static thread_local Lent lent;
    return lent;
  }
};

/// Memory, and elements of whatever value, for a vector that has none. Without anything left over it stays empty. [any]
template <class T>
void lend(std::vector<T>& out) noexcept {
  Lent<T>& lent = Lent<T>::mine();
  if (lent.count && out.capacity() == 0) out.swap(lent.spare[--lent.count]);
}

/// Takes the memory of a vector whose elements are of no use any more. [any]
template <class T>
void reclaim(std::vector<T>& out) noexcept {
  Lent<T>& lent = Lent<T>::mine();
  if (out.capacity() == 0) return;
  if (lent.count < Lent<T>::most && out.capacity() <= Lent<T>::largest_kept) return out.swap(lent.spare[lent.count++]);
  std::vector<T>().swap(out);
}

}  // namespace hookswitch::base
