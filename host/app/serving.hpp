// A gateway that serves until a signal ends it.
#pragma once

#include <functional>
#include <string>

#include "host/app/config.hpp"
#include "host/app/exit.hpp"

namespace hookswitch::control {
class Quarantine;
}

namespace hookswitch::app {

/// What it is started with, and asks again at every reload.
struct Serving {
  std::function<Config()> read_config;  ///< unchecked
  std::string directory;                ///< of the plugins; looked at again at every reload
  control::Quarantine& quarantine;      ///< kept by the caller for longer
};

/// Signals that this process takes; blocked in every thread before the first one begins.
void blockSignals();

/// Starts, serves, drains and stops. `config` has been checked against `registry`. [main]
Exit serve(const Config& config, plugin::Registry registry, const Serving& serving);

/// Why this plugin's file is not loaded now, or, at the start, that it comes behind all others; empty: it may be.
std::string heldFile(const control::Quarantine& quarantine, const std::string& file, bool at_start);

}  // namespace hookswitch::app
