// Which tools the model of a call is offered, and whose they are.
#pragma once

#include <string>
#include <vector>

#include "host/base/result.hpp"
#include "host/call/call.hpp"
#include "host/control/call_requests.hpp"
#include "host/media/job.hpp"

namespace hookswitch::control {

class Plugins;

/// Three kinds: the host's own, those of [tool.NAME] sections, those of plugins; one name belongs to the first kind
/// that has it. A call that brings a list of names gets exactly those; any other gets the own ones that calls.tools
/// names, and all of the rest. [control]
class Toolbox {
 public:
  enum class Kind : std::uint8_t { none = 0, own = 1, endpoint = 2, plugin = 3 };

  Toolbox(const Plugins& plugins, const CallDefaults& defaults) : plugins_(plugins), defaults_(defaults) {}

  /// What the call's model is told of; end_call is the voice's own and not among them.
  std::vector<media::Tool> of(const call::Terms& terms) const;
  /// Has the call a tool of this name? none: it has not.
  Kind kind(const call::Terms& terms, const std::string& name) const;
  bool mayEnd(const call::Terms& terms) const { return wanted(terms, end_call); }
  /// Fails by a sentence for the first name that nobody has.
  base::Result<void> known(const std::vector<std::string>& names) const;

 private:
  Kind kindOf(const std::string& name) const;
  bool wanted(const call::Terms& terms, const std::string& name) const;

  const Plugins& plugins_;
  const CallDefaults& defaults_;
};

}  // namespace hookswitch::control
