// Writes batches, and knows what to do when it cannot: keep, try again, say so. [store]
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "host/store/backlog.hpp"
#include "host/store/database.hpp"
#include "host/store/reader.hpp"
#include "host/store/store.hpp"
#include "host/store/sweeper.hpp"
#include "host/store/writer.hpp"

namespace hookswitch::store {

class Worker {
 public:
  using Clock = std::chrono::steady_clock;

  /// Opens the file and brings its tables up to date; throws StoreError, one sentence that begins with
  /// "store.path".
  explicit Worker(const StoreOptions& options);

  /// All of it in one transaction; false: it is in the backlog now. While that is not empty nothing is written past it.
  bool commit(std::vector<Write> writes);
  /// Whatever is due by now: another attempt at the backlog, some of the old rows.
  void work();
  Clock::time_point due() const;  ///< when work() has something to do
  void setKeepDays(std::uint32_t days);
  /// The last chance of what waits, however long it takes; what is lost then is in the log.
  void close();

  Reader& reader() { return reader_; }
  // How a read went: said in the log, though not for every one. True: health() is another one now.
  bool readWorked();
  bool readFailed(const std::string& why);
  std::uint64_t unixMs() const;
  StoreHealth health() const;
  bool failing() const { return failing_; }  ///< what is given waits in the backlog

 private:
  template <class Writes>
  void transaction(const Writes& writes);
  void keep(std::vector<Write>& writes);
  void failed(const StoreError& why);
  bool flush(Clock::duration at_most);
  void sweep();
  std::string waiting() const;  ///< "; 12 writes wait in memory"

  const StoreOptions options_;
  Database database_;
  Writer writer_;
  Reader reader_;
  Sweeper sweeper_;
  Backlog backlog_;
  bool failing_ = false;
  Fault fault_ = Fault::other;
  std::string error_;
  std::size_t chunk_;       ///< writes per transaction of the backlog: fewer when they do not go in
  std::string read_error_;  ///< of the last read; empty: it worked
  bool read_said_ = false;  ///< the log says that reading fails
  Clock::time_point failing_since_, logged_at_, retry_at_, sweep_at_, read_logged_at_{};
  std::uint32_t keep_days_;
  std::uint64_t commits_ = 0, writes_ = 0, failures_ = 0, sweeps_ = 0;
  std::uint64_t dropped_ = 0, dropped_total_ = 0;  ///< of this trouble; of those before
};

}  // namespace hookswitch::store
