// What could not be written yet, laid over what is read from the file: a read shows what memory has. [store]
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "host/store/backlog.hpp"
#include "host/store/types.hpp"

namespace hookswitch::store {

/// Everything that comes out of it, or is changed by it, says stored=false.
class Overlay {
 public:
  explicit Overlay(const Backlog& backlog) : backlog_(backlog) {}
  bool empty() const { return backlog_.empty(); }

  /// The facts of a call, without lines and hooks; none: they do not wait.
  std::optional<StoredCall> call(const std::string& id) const;
  /// Lines and hooks that wait go over those of the file.
  void details(StoredCall& call) const;
  /// The ended calls that wait and match go into a page of what the file has, newest first, at most `limit`.
  void page(HistoryPage& page, const HistoryQuery& query, std::size_t limit) const;
  /// Rows that wait go over those of the file; what is in none of `states` goes out.
  void hooks(std::vector<Hook>& rows, const std::vector<call::HookRow::State>& states, std::size_t limit) const;
  /// Rows of hooks that wait, at most `most`: so many of the file's may be older than what memory has.
  std::size_t hookCount(std::size_t most) const;
  /// The key as it waits; `dropped`: it waits to be removed. Neither: the file is right.
  std::optional<SaveKey> key(const std::string& key, bool& dropped) const;
  bool knowsBase(const std::string& base_url) const;
  bool knowsLeg(const std::string& carrier, const std::string& remote_id) const;

 private:
  bool waits(const std::string& beginning) const;
  const Backlog& backlog_;
};

}  // namespace hookswitch::store
