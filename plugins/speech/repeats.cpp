#include "plugins/speech/repeats.hpp"

#include "plugins/speech/loudness.hpp"

#include <hookswitch/abi.h>

#include <algorithm>

namespace hookswitch::speech {
namespace {

constexpr std::uint32_t kLoud = 250;      // louder than a quiet line
constexpr std::uint64_t kMsPerByte = 25;  // nobody speaks faster
constexpr std::uint64_t kLeastMs = 100;

}  // namespace

/// In lower case and without punctuation; what is not ASCII stays as it is. `ends`: where each word ends in `text`.
Repeats::Words Repeats::wordsOf(std::string_view text, std::vector<std::size_t>* ends) {
  Words words;
  std::string word;
  for (std::size_t i = 0; i <= text.size() && words.size() < kMaxWords; ++i) {
    const auto c = i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(' ');
    if (c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      word += char(c);
    } else if (c >= 'A' && c <= 'Z') {
      word += char(c - 'A' + 'a');
    } else if (c <= ' ' && !word.empty()) {
      words.push_back(std::exchange(word, {}));
      if (ends) ends->push_back(i);
    }
  }
  return words;
}

void Repeats::watch(const std::vector<Memory::Line>& lines) {
  lines_.clear();
  voice_ms_ = 0;
  const std::size_t from = lines.size() > kMaxLines ? lines.size() - kMaxLines : 0;
  for (std::size_t i = from; i < lines.size(); ++i) lines_.emplace_back(lines[i].speaker, wordsOf(lines[i].text));
}

void Repeats::over(std::uint32_t speaker) {
  lines_.erase(std::remove_if(lines_.begin(), lines_.end(), [&](const auto& line) { return line.first == speaker; }),
               lines_.end());
}

bool Repeats::watches(std::uint32_t speaker) const {
  return std::any_of(lines_.begin(), lines_.end(), [&](const auto& line) { return line.first == speaker; });
}

void Repeats::callerAudio(std::string_view pcm, std::size_t bytes_per_ms) {
  if (watches(HKS_USER) && loudness(pcm) >= kLoud) voice_ms_ += pcm.size() / bytes_per_ms;
}

bool Repeats::spoken(std::string_view text) const {
  return voice_ms_ >= std::max<std::uint64_t>(kLeastMs, text.size() * kMsPerByte);
}

/// How much of `words` is what a line of that side and the ones after it say. The other side's between them are left
/// out: fragments of both come without order.
Repeats::Match Repeats::match(std::uint32_t speaker, const Words& words) const {
  Match best;
  for (std::size_t from = 0; from < lines_.size(); ++from) {
    if (lines_[from].first != speaker) continue;
    std::size_t at = 0;
    bool same = true;
    for (std::size_t line = from; same && line < lines_.size(); ++line) {
      if (lines_[line].first != speaker) continue;
      const Words& known = lines_[line].second;
      const std::size_t most = std::min(known.size(), words.size() - at);
      same = std::equal(known.begin(), known.begin() + std::ptrdiff_t(most), words.begin() + std::ptrdiff_t(at));
      if (!same) break;
      at += most;
      if (most == known.size()) best.lines = std::max(best.lines, at);
      if (at == words.size()) break;
    }
    best.all = best.all || (same && at == words.size());
  }
  return best;
}

std::string Repeats::withoutKnown(std::uint32_t speaker, std::string_view text) const {
  std::vector<std::size_t> ends;
  const Words words = wordsOf(text, &ends);
  const std::size_t known = match(speaker, words).lines;
  if (known == 0) return std::string(text);
  return known == words.size() ? std::string() : std::string(text.substr(ends[known - 1]));
}

bool Repeats::begins(std::uint32_t speaker, std::string_view text) const { return match(speaker, wordsOf(text)).all; }

}  // namespace hookswitch::speech
