// Which routes the gateway has. Each group is declared at the end of the file that serves it.
#pragma once

#include <vector>

#include "host/api/route_table.hpp"

namespace hookswitch::api {

std::vector<Route> placeRoutes();       ///< place_route.cpp
std::vector<Route> callRoutes();        ///< call_routes.cpp
std::vector<Route> actRoutes();         ///< act_routes.cpp
std::vector<Route> traceRoutes();       ///< trace_route.cpp
std::vector<Route> transcriptRoutes();  ///< transcript_route.cpp
std::vector<Route> hookRoutes();        ///< hook_routes.cpp
std::vector<Route> gatewayRoutes();     ///< gateway_routes.cpp

/// All of them.
std::vector<Route> allRoutes();

}  // namespace hookswitch::api
