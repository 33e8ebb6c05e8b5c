// What a session of a call hears first.
#pragma once

#include <hookswitch/abi.h>

#include <cstdint>
#include <vector>

#include "host/media/job.hpp"
#include "host/plugin/start_record.hpp"

namespace hookswitch::media {

/// hks_start of a carrier's or voice's session. The record points into this and into the job. [loop]
class MediaStart {
 public:
  MediaStart(const MediaJob& job, const SessionSource& source, std::uint64_t unix_ms);
  /// For a voice: the tools, and what was said so far, after which nobody greets again.
  void addTalk(const MediaJob& job, const std::vector<call::Line>& said);
  const hks_start& record() const { return start_.start; }

 private:
  plugin::StartRecord start_;
  std::vector<hks_line> lines_;
  std::vector<hks_tool> tools_;
};

}  // namespace hookswitch::media
