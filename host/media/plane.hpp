// The media plane: a fixed number of loops, and which call lives on which.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/media/call_media.hpp"
#include "host/media/lag_probe.hpp"

namespace hookswitch::media {

/// All functions [control] unless they say otherwise. Both legs of a call live on one loop.
class Plane {
 public:
  /// `loops` 0: one per core. The events come from the loops' threads.
  Plane(unsigned loops, base::IoPool& io, MediaEvents& events);
  ~Plane();
  void start();
  void stop();  ///< every call's media is stopped, then the loops; idempotent [main]

  /// The carrier's socket has arrived: the call gets the loop with the fewest calls.
  void attach(MediaJob job, std::unique_ptr<net::Stream> stream, std::string leftover);
  /// Stop the call's media; mediaStopped() follows. Unknown calls are ignored.
  void stopCall(const std::string& call, const std::string& reason);
  void say(const std::string& call, const std::string& text, bool interrupt = false);
  void mute(const std::string& call, bool on);
  /// An act of ours on the leg.
  void interlude(const std::string& call, std::function<void(Interlude&)> act);
  /// The carrier's socket of a call whose media run.
  void comeBack(std::shared_ptr<const call::Terms> terms, std::unique_ptr<net::Stream> stream, std::string leftover);
  void prompt(const std::string& call, const std::string& text);
  void toolResult(const std::string& call, std::uint64_t id, const std::string& json, bool failed);
  /// What has been recorded of the call's media so far; NULL: no loop has it (any more). `answer` comes on the loop, or
  /// at once.
  void recording(const std::string& call, std::function<void(const call::Recording* so_far)> answer);
  std::size_t loops() const { return shards_.size(); }

 private:
  struct Shard;
  Shard* shardOf(const std::string& call);
  base::IoPool& io_;
  MediaEvents& events_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unordered_map<std::string, std::size_t> where_;
};

}  // namespace hookswitch::media
