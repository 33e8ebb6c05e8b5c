// What the gateway's routes work with.
#pragma once

#include <atomic>
#include <functional>

#include "host/api/access.hpp"
#include "host/api/metrics.hpp"
#include "host/base/io_pool.hpp"
#include "host/control/calls.hpp"
#include "host/control/plugins.hpp"

namespace hookswitch::api {

/// What the API needs of the process around it.
struct Host {
  std::function<void()> drain;                      ///< begin the drain of the process; more than once is harmless
  std::function<void(base::IoPool::Task)> offload;  ///< work that would hold up the control thread
  std::vector<Metric> metrics = {};                 ///< what GET /api/metrics says of it
};

/// Handlers get it on HTTP threads; what touches calls or plugins they post to `control`.
struct Context {
  base::Loop& control;
  control::Calls& calls;      ///< [control]
  control::Plugins& plugins;  ///< [control]
  const Access& access;
  const Host host;
  const Metrics metrics;
  std::atomic<bool> has_public_url;  ///< whether a request without webhook_url has one to fall back on
  bool outside_noted = false;        ///< [control] that a webhook_url leads elsewhere has been said
};

}  // namespace hookswitch::api
