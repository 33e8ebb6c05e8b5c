#include "tests/bench/storm/scene.hpp"

#include <cstdlib>

namespace storm {

const char* nameOf(Form form) { return form == Form::pcmu ? "pcmu" : form == Form::pcm24 ? "pcm24" : "gemini"; }

const char* nameOf(Mode mode) { return mode == Mode::echo ? "echo" : "talk"; }

Call* Scene::labelled(std::string_view text) const {
  constexpr std::string_view name = "storm-call-";
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return nullptr;
  const std::size_t index = std::strtoul(std::string(text.substr(at + name.size(), 9)).c_str(), nullptr, 10);
  return index < calls.size() ? calls[index].get() : nullptr;
}

}  // namespace storm
