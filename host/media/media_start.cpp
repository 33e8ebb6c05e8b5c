#include "host/media/media_start.hpp"

#include <openssl/rand.h>

namespace hookswitch::media {

using plugin::str;

MediaStart::MediaStart(const MediaJob& job, const SessionSource& source, std::uint64_t unix_ms)
    : start_(*job.terms, job.remote_id, *source.settings) {
  hks_start& start = start_.start;
  start.msg = {sizeof start, HKS_START, 0};
  start.public_url = str(job.public_url);
  start.host_version = str(job.version);
  start.seed = 1;
  RAND_bytes(reinterpret_cast<unsigned char*>(&start.seed), sizeof start.seed);
  start.unix_ms = unix_ms;
  start.carrier_format = HKS_PCMU_8K;
  plugin::describeHost(start);
}

void MediaStart::addTalk(const MediaJob& job, const std::vector<call::Line>& said) {
  if (!said.empty()) start_.call.greeting = {};
  for (auto& line : said) lines_.push_back({sizeof(hks_line), line.speaker, line.at_unix_ms, str(line.text)});
  start_.start.history = lines_.data();
  start_.start.history_count = lines_.size();
  for (auto& tool : job.tools)
    tools_.push_back(
        {{sizeof(hks_tool), HKS_TOOL, 0}, str(tool.name), str(tool.description), str(tool.parameters_json)});
  start_.start.voice_flags = job.voice_may_end ? 0 : HKS_VOICE_MAY_NOT_END;
  start_.start.retry_ms = job.voice_retry_s * std::uint64_t{1000};
  start_.start.tools = tools_.data();
  start_.start.tool_count = tools_.size();
}

}  // namespace hookswitch::media
