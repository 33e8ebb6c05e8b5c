// The trace of a call as JSON.
#pragma once

#include <string>

namespace hookswitch::control {
struct CallTrace;
}

namespace hookswitch::api {

/// GET /api/calls/{id}/trace
std::string traceJson(const control::CallTrace& trace);

}  // namespace hookswitch::api
