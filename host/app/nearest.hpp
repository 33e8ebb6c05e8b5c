// What somebody may have meant by a word that nobody knows. [any]
#pragma once

#include <string>
#include <vector>

namespace hookswitch::app {

/// The candidate that is fewest edits away; empty when all are far.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

/// "did you mean 'port'?", or a list of all.
std::string didYouMean(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace hookswitch::app
