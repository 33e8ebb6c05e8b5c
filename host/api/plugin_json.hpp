// The plugins, as the API says it.
#pragma once

#include <string>
#include <vector>

#include "host/control/plugins.hpp"

namespace hookswitch::api {

/// The body of GET /api/plugins. `version`: the gateway's.
std::string pluginsJson(const std::vector<control::Plugins::View>& plugins, const std::string& version);

}  // namespace hookswitch::api
