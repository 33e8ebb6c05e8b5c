// Who may use /api.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/base/result.hpp"
#include "host/net/http_types.hpp"

namespace hookswitch::api {

/// Let in, or the answer that says how to get in.
using Admission = base::Result<void, net::HttpReply>;

struct AccessRule {
  std::vector<std::string> keys;  ///< each is as good as another; none of them is empty
  bool open = false;              ///< without a key: this machine needs none. False and no key: nobody gets in
};

/// With keys: "Authorization: Bearer <key>", compared in constant time. Without one, when the rule is open: only a
/// loopback peer that addresses us as localhost, 127.0.0.1 or [::1] and carries no header of somebody who passed it on.
/// Pure.
Admission authorized(const net::HttpRequest& request, const AccessRule& rule);

/// The rule in force, and what is said of those it refuses. [any]
class Access {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Access(AccessRule rule = {});
  /// For requests from here on.
  void set(AccessRule rule);
  /// Without a key? Then whoever reaches us through this machine may look like it.
  bool open() const;
  /// A refusal is written to the log with its reason, once a minute for each address, and how often it came meanwhile.
  Admission admits(const net::HttpRequest& request);
  std::uint64_t refused() const { return refused_; }  ///< since the start

  static constexpr std::chrono::seconds quiet{60};
  static constexpr std::size_t max_named = 64;  ///< lines within that time, whoever comes from wherever

  /// What is worth a line about a refusal at `now`; empty: nothing. [any]
  std::string noted(const net::HttpRequest& request, Clock::time_point now);

 private:
  struct Named {
    Clock::time_point at;
    std::uint64_t since = 0;
  };
  std::shared_ptr<const AccessRule> rule() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const AccessRule> rule_;
  std::map<std::string, Named> named_;  ///< by the peer's address and the reason
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace hookswitch::api
