// hookswitch/room.hpp - where a plugin writes what it puts: into memory of the host's, if it lends any (drafts/room.h).
#ifndef HKS_ROOM_HPP
#define HKS_ROOM_HPP
#include <hookswitch/draft.h>
#include <hookswitch/out.hpp>

#include <cstddef>
#include <memory>

namespace hks {

/// One per session: a host answers the same in each of its steps. [session]
///   char* const to = room_.take(size, out);
///   ... write at most `size` bytes, then put a message that points to them; they are not written again
class Room {
 public:
  /// Never NULL. Valid until the next take() or the end of the step, whichever is first.
  char* take(size_t size, Out& out) {
    if (!asked_) {
      asked_ = true;
      lent_ = static_cast<const hks_draft_room*>(out.extension(HKS_DRAFT_ROOM));
    }
    if (char* const to = lent_ ? lent_->take(out.sink(), size) : nullptr) return to;
    if (size > own_size_) {
      own_.reset(new char[size]);
      own_size_ = size;
    }
    return own_.get();
  }

 private:
  const hks_draft_room* lent_ = nullptr;
  std::unique_ptr<char[]> own_;
  size_t own_size_ = 0;
  bool asked_ = false;
};

}  // namespace hks
#endif
