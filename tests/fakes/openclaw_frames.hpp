// The closed schemas of the gateway's framed protocol and of its JSON-RPC compatibility dialect.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace fakes {

/// An empty string when `frame` is a well-formed request; else the gateway's sentence.
std::string checkOpenClawFrame(const nlohmann::json& frame);
/// The same for the parameters of a method; "unknown method: x" when there is no such method.
std::string checkOpenClawParams(const std::string& method, const nlohmann::json& params);
/// operator.read, operator.write, operator.admin or empty: what a method wants.
std::string openClawScope(const std::string& method);
nlohmann::json openClawMethods();
/// An empty string when `frame` is a legal sessions_send of the JSON-RPC dialect (openclaw-gateway.md §1).
std::string checkJsonRpc(const nlohmann::json& frame);

}  // namespace fakes
