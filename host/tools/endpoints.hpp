// Web endpoints as tools: asked on io threads, answered on the control thread.
#pragma once

#include <functional>

#include "host/base/io_pool.hpp"
#include "host/base/loop.hpp"
#include "host/control/tool_terms.hpp"

namespace hookswitch::tools {

/// [control]
class Endpoints {
 public:
  Endpoints(base::Loop& control, base::IoPool& io) : control_(control), io_(io) {}

  /// See control::AskEndpoint. A request is sent once: nobody knows whether an endpoint may be asked twice for the
  /// same.
  void ask(const control::EndpointQuestion& question, std::function<void(control::EndpointAnswer)> then);

 private:
  base::Loop& control_;
  base::IoPool& io_;
};

}  // namespace hookswitch::tools
