// A page of the history with its transcripts, read in parts, so that the writes of live calls get in between. [store]
#pragma once

#include <cstddef>
#include <utility>

#include "host/store/reader.hpp"

namespace hookswitch::store {

class HistoryRead {
 public:
  explicit HistoryRead(HistoryQuery query) : query_(std::move(query)) {}

  /// True: that was all. Throws StoreError.
  bool some(Reader& reader) {
    if (!std::exchange(begun_, true)) page_ = reader.history(query_);
    for (std::size_t lines = 0; query_.transcripts && next_ < page_.calls.size();) {
      if (lines >= slice_lines) return false;
      auto& call = page_.calls[next_++];
      reader.details(call);
      lines += call.record.transcript.size() + 10;  // a call costs something by itself
      bytes_ += call.record.transcript_bytes + call.record.transcript.size() * sizeof(call::Line);
      if (bytes_ < query_.page_bytes || next_ == page_.calls.size()) continue;
      page_.calls.erase(page_.calls.begin() + std::ptrdiff_t(next_), page_.calls.end());
      page_.last = false;
    }
    return true;
  }
  HistoryPage& page() { return page_; }

 private:
  static constexpr std::size_t slice_lines = 1000;  // between two commits
  const HistoryQuery query_;
  HistoryPage page_;
  bool begun_ = false;
  std::size_t next_ = 0, bytes_ = 0;
};

}  // namespace hookswitch::store
