// The names under which the files of this folder write to the log.
#pragma once

namespace hookswitch::control::component {

inline constexpr const char calls[] = "calls", drain[] = "drain", ledger[] = "ledger", plugins[] = "plugins",
                            quarantine[] = "quarantine", recovery[] = "recovery", trace[] = "trace";

}  // namespace hookswitch::control::component
