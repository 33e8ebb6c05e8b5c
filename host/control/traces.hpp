// The traces of calls: both planes' events in the order in which they happened, for the API and for the log.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/loop.hpp"
#include "host/call/table.hpp"

namespace hookswitch::control {

class Streams;

/// The trace of one call as it stands.
struct CallTrace {
  struct Entry {
    std::int64_t ms = 0;  ///< since the call began
    std::uint64_t unix_ms = 0;
    bool media = false;  ///< noted by the loop of its media, else by the control thread
    call::TraceEvent event;
  };
  std::string call;
  call::Status status = call::Status::initiating;
  std::uint64_t started_unix_ms = 0;
  std::vector<Entry> entries;  ///< oldest first
  std::uint64_t forgotten_control = 0, forgotten_media = 0;
  std::optional<call::Lateness> lateness;  ///< none: the call has, or had, no media, or their loop does not answer
};

/// [control]
class Traces {
 public:
  Traces(base::Loop& control, call::Table& table, Streams& streams)
      : control_(control), table_(table), streams_(streams) {}

  /// None: the call is not in memory. `done` comes once, at the latest after patience_ms: a loop that does not answer
  /// by then is left out.
  void read(const std::string& id, std::function<void(std::optional<CallTrace>)> done);
  /// To the log: the call has ended in a fault, and somebody will ask why. Its newest max_lines events.
  void dump(const call::Call& call) const;

  static constexpr std::uint64_t patience_ms = 1'000;
  static constexpr std::size_t max_lines = 60;

 private:
  CallTrace made(const call::Call& call, const call::Recording* media) const;
  base::Loop& control_;
  call::Table& table_;
  Streams& streams_;
};

}  // namespace hookswitch::control
