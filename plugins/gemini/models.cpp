#include "plugins/gemini/models.hpp"

namespace hookswitch::gemini {
namespace {

//  id, thinking, blocking, non_blocking, says_behavior, scheduling, greets_by_text, interaction_status, context_update,
//  max_age_s
constexpr ModelRules kRules[] = {
    {"gemini-3.8-live-extended-thinking", Thinking::Required, false, true, true, false, false, true, true, 3000},
    {"gemini-3.8-live", Thinking::Forbidden, true, true, true, true, false, true, true, 3000},
    {"gemini-3.1-flash-live-preview", Thinking::Level, true, false, false, false, true, false, false, 0},
    {"gemini-2.5-flash-native-audio-preview-12-2025", Thinking::Budget, true, true, true, true, false, false, false, 0},
    {"gemini-2.5-flash-native-audio", Thinking::Budget, true, true, true, true, false, false, false, 0},
    {"gemini-live-2.5-flash-native-audio", Thinking::Unknown, true, false, false, false, false, false, false, 0},
};
// Nothing that a model could refuse.
constexpr ModelRules kUnknown{"", Thinking::Unknown, true, false, false, false, false, true, false, 0};

std::string_view bareName(std::string_view model) {
  const std::size_t slash = model.rfind('/');
  return slash == std::string_view::npos ? model : model.substr(slash + 1);
}

}  // namespace

const ModelRules& rulesOf(std::string_view model) {
  const std::string_view name = bareName(model);
  for (const ModelRules& rules : kRules)
    if (name.substr(0, rules.id.size()) == rules.id) return rules;  // dated variants share their family's rules
  return kUnknown;
}

std::string whyNotModel(std::string_view model) {
  const std::string_view name = bareName(model);
  if (name.empty()) return "gemini.model is empty";
  for (std::string_view gone : {"gemini-2.0-flash-live-001", "gemini-live-2.5-flash-preview"})
    if (name == gone) return "the model " + std::string(name) + " was shut down; set gemini.model to gemini-3.8-live";
  return {};
}

std::string wireModel(std::string_view model) {
  return model.find('/') == std::string_view::npos ? "models/" + std::string(model) : std::string(model);
}

}  // namespace hookswitch::gemini
