// Building hks_call and hks_start out of the host's own types. The result borrows from its arguments.
#pragma once

#include <hookswitch/abi.h>

#include <map>
#include <string>
#include <vector>

#include "host/plugin/message.hpp"

namespace hookswitch::plugin {

/// `Terms`: call::Terms, which lies above this folder.
template <class Terms>
hks_call callRecord(const Terms& t, const std::string& remote_id, std::uint32_t type = 0, std::uint64_t id = 0) {
  hks_call c{};
  c.msg = {sizeof c, type, id};
  c.call = str(t.id);
  c.remote_id = str(remote_id);
  c.carrier = str(t.carrier);
  c.voice = str(t.voice);
  c.to_number = str(t.to_number);
  c.from_number = str(t.from_number);
  c.base_url = str(t.base_url);
  c.media_url = str(t.media_url);
  c.prompt = str(t.prompt);
  c.greeting = str(t.greeting);
  c.metadata_json = str(t.metadata_json);
  c.direction = std::uint32_t(t.direction);
  c.max_duration_s = t.max_duration_s;
  c.ring_timeout_s = t.ring_timeout_s;
  return c;
}

inline std::vector<hks_pair> settingPairs(const std::map<std::string, std::string>& settings) {
  std::vector<hks_pair> out;
  for (auto& [name, value] : settings) out.push_back({str(name), str(value)});
  return out;
}

/// What every session is told of this host: the strides of its arrays and the header it was built with.
inline void describeHost(hks_start& start) {
  start.line_size = sizeof(hks_line);
  start.tool_size = sizeof(hks_tool);
  start.host_abi_major = HKS_ABI_MAJOR;
  start.host_abi_minor = HKS_ABI_MINOR;
}

/// hks_start of a control or notifier session, but for the time and the seed.
inline hks_start controlStart(const std::vector<hks_pair>& settings, const std::string& public_url,
                              const std::string& host_version) {
  hks_start start{};
  start.msg = {sizeof start, HKS_START, 0};
  start.settings = settings.data();
  start.setting_count = settings.size();
  start.public_url = str(public_url);
  start.host_version = str(host_version);
  describeHost(start);
  return start;
}

/// hks_start of a session of one call. Neither copied nor moved: `start` points into it.
struct StartRecord {
  template <class Terms>
  StartRecord(const Terms& terms, const std::string& remote_id, const std::map<std::string, std::string>& section)
      : settings(settingPairs(section)), call(callRecord(terms, remote_id)) {
    start.settings = settings.data();
    start.setting_count = settings.size();
    start.call = &call;
  }
  StartRecord(const StartRecord&) = delete;
  std::vector<hks_pair> settings;
  hks_call call;
  hks_start start{};
};

}  // namespace hookswitch::plugin
