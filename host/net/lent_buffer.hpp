// Buffers that a thread lends to the connection whose turn it is: a connection that has nothing half received and
// nothing unsent keeps no memory, however many there are.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace hookswitch::net {

/// Of the thread that calls; a connection never leaves its loop. [any]
class LentBuffer {
 public:
  static constexpr std::size_t size = 16 * 1024;  ///< of what take() gives, bytes

  static std::unique_ptr<char[]> take();
  /// One that take() gave, on whichever thread. The thread keeps one and frees the rest.
  static void give(std::unique_ptr<char[]> buffer) noexcept;

  /// Memory for an empty string that has none.
  static void lend(std::string& out) noexcept;
  /// Takes the memory of a string whose content is of no use any more. The thread keeps the largest up to 64 KiB.
  static void reclaim(std::string& out) noexcept;
};

}  // namespace hookswitch::net
