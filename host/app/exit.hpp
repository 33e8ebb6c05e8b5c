// The exit codes of the process.
#pragma once

namespace hookswitch::app {

enum Exit { fine = 0, configuration = 1, cannot_listen = 2, internal = 3 };

}  // namespace hookswitch::app
