// How a call begins: its record, its names, its place in the table.
#pragma once

#include <string>

#include "host/call/table.hpp"

namespace hookswitch::control {

class Plugins;

/// The record of a call that begins now. [control]
call::Record beginRecord(call::Terms terms, const std::string& remote_id, call::Status status, const call::Now& now);

/// The terms of a new call get their id and the address of its media stream; the call joins the table. [control]
call::Call& newCall(call::Table& table, const Plugins& plugins, const call::Setting& setting, call::Terms terms,
                    const std::string& remote_id, const call::Now& now);

std::string withoutSlash(std::string url);  ///< at its end

}  // namespace hookswitch::control
