// What GET /api/metrics says: every metric is declared once, with where its value comes from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "host/control/call_requests.hpp"
#include "host/store/store.hpp"

namespace hookswitch::api {

/// What most values come from, looked at once for all of them.
struct Sample {
  control::CallCounts calls;
  store::StoreHealth store;
  std::size_t plugins_quarantined = 0;
};

struct Metric {
  enum class Kind : std::uint8_t { gauge = 1, counter = 2, histogram = 3 };
  /// The names and values of labels as they are printed, `by="per_minute"`, or nothing, and the value.
  using Values = std::vector<std::pair<std::string, std::uint64_t>>;

  const char* name;  ///< without "hookswitch_"; a counter's ends with "_total"
  Kind kind;
  const char* help;                           ///< one sentence
  std::function<Values(const Sample&)> read;  ///< [control]
  /// What is read is in microseconds and printed in seconds.
  bool in_seconds = false;
  /// Of a histogram, in place of `read`: as it is printed, in seconds.
  std::function<call::Lateness(const Sample&)> lateness = {};
};

Metric gauge(const char* name, const char* help, std::function<std::uint64_t(const Sample&)> read);
Metric counter(const char* name, const char* help, std::function<std::uint64_t(const Sample&)> read);

/// Immutable once it is made.
class Metrics {
 public:
  /// The API's own, then `more`. Throws std::logic_error for a name that is there twice.
  explicit Metrics(std::vector<Metric> more);
  /// All of them, in the text format 0.0.4 of Prometheus. [control]
  std::string text(const Sample& sample) const;

 private:
  std::vector<Metric> metrics_;
};

}  // namespace hookswitch::api
