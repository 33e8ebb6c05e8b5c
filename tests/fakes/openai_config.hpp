// What a Realtime session is configured with before the client says anything, and what it fills in afterwards.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace fakes {

nlohmann::json openAiDefaults(const std::string& session_id, const std::string& model, std::uint64_t expires_at);
/// The members that the client left out; null stays null.
void fillOpenAiTurnDetection(nlohmann::json& detection);
bool isOpenAiVoice(const std::string& name);

}  // namespace fakes
