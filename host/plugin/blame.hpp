// What the host says of a plugin that misbehaves, in one vocabulary: who is to blame, what it did, in which step.
//
//   died     the process ended in its code: a signal, exit()               steps.hpp
//   stuck    a step did not come back, and the watch ended the process     step_watch.hpp
//   failed   the step returned an error, or an exception left it
//   slow     the step took too long; what waited for it meanwhile
//   refused  it put what is not taken: of an unknown type, not for its role, malformed
//   dropped  it wrote or told more than a plugin may                       flood.hpp
//   broken   it failed too often in a row: its session is closed and opened anew
//
// The lines go to the log of that plugin (component plugin.<id>, with the call's id), so they name what it did and
// where; what is the gateway's own mistake says so.
#pragma once

#include <hookswitch/abi.h>

#include <cstdint>
#include <string>

#include "host/plugin/steps.hpp"

namespace hookswitch::plugin::blame {

/// What a message is about, for people: the call of a hook, the path of a request. Borrowed from the message; empty for
/// all others. Never a query or the token of a stream.
hks_str aboutOf(const hks_msg& message);

/// "in the hook notify of the call 1234", "in DATA as voice", "while its file was being loaded". `type` 0: opening or
/// closing a session.
std::string inStep(const std::string& role, std::uint32_t type, std::uint32_t phase, const std::string& about);
std::string inStep(const Stepped& who, const hks_msg& message);

/// "failed in DATA as voice with status -3".
std::string failed(const Stepped& who, const hks_msg& message, hks_status status);
/// "took 210 ms in DATA as voice; while it computes, <waiting>".
std::string slow(const Stepped& who, const hks_msg& message, std::uint64_t took_us, const char* waiting);
/// `complaint`: what MessageQueue said. "put AUDIO from a session of role control in START, which was refused".
std::string refused(const Stepped& who, const hks_msg& message, const std::string& complaint);
/// "failed 5 times in a row".
std::string broken(std::uint32_t times);
/// The gateway's own mistake: it gave a session what is for other roles.
std::string misgiven(const Stepped& who, const hks_msg& message);

}  // namespace hookswitch::plugin::blame
