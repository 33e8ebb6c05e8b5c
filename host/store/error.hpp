// How everything in this folder fails: one exception, one sentence.
#pragma once

#include <stdexcept>
#include <string>

namespace hookswitch::store {

enum class Fault : int { full = 1, busy = 2, read_only = 3, io = 4, damaged = 5, moved = 6, other = 7 };

/// what(): a sentence that says what is wrong with the file and what to do. Of a start it begins with "store.path".
class StoreError : public std::runtime_error {
 public:
  StoreError(Fault what_failed, const std::string& sentence) : std::runtime_error(sentence), fault(what_failed) {}
  const Fault fault;
};

}  // namespace hookswitch::store
