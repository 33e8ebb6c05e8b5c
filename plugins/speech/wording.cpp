#include "plugins/speech/wording.hpp"

#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <charconv>

namespace hookswitch::speech {
namespace {
constexpr std::size_t kMaxQuoted = 1000;  // the end of what was said
}  // namespace

std::string cutInProportion(std::string_view text, std::uint64_t heard, std::uint64_t total) {
  if (heard >= total && total != 0) return std::string(text);
  if (total == 0 || heard == 0) return {};
  std::size_t end = std::size_t(double(text.size()) * (double(heard) / double(total)));
  if (end >= text.size()) return std::string(text);
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  // Inside a word: the whole word was not heard. Text without spaces is cut where it is.
  if (text[end] != ' ') {
    const std::size_t space = text.substr(0, end).rfind(' ');
    if (space != std::string_view::npos) end = space;
  }
  while (end > 0 && text[end - 1] == ' ') --end;
  return std::string(text.substr(0, end));
}

void appendSaid(std::string& said, std::string_view more) {
  std::size_t end = std::min(more.size(), kMaxSaid - std::min(kMaxSaid, said.size()));
  while (end > 0 && end < more.size() && (static_cast<unsigned char>(more[end]) & 0xC0) == 0x80) --end;
  said += more.substr(0, end);
}

std::string decimal(std::string_view text, double low, double high, std::string_view fallback, bool& bad) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size() || !(value >= low && value <= high)) {
    bad = true;
    return std::string(fallback);
  }
  char buffer[32];
  const auto written = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  return written.ec == std::errc{} ? std::string(buffer, written.ptr) : std::string(fallback);
}

std::string instructionsOr(std::string_view prompt) {
  std::string text = hks::utf8::clean(prompt);
  if (text.find_first_not_of(" \n\t") != std::string::npos) return text;
  return "You are a friendly voice agent on a phone call. Speak naturally and keep every answer short.";
}

std::string sayExactly(std::string_view text) {
  return "Say the following to the caller now, word for word, in a natural voice, and nothing else: \"" +
         hks::utf8::clean(text) + "\"";
}

std::string goOnAfter(std::string_view said) {
  const std::string heard = hks::utf8::line(said.substr(said.size() > kMaxQuoted ? said.size() - kMaxQuoted : 0));
  if (heard.empty()) return "You were cut off. Go on with your answer.";
  return "Your last sentence was cut off after: \"" + heard + "\". Finish it briefly, from there on.";
}

bool isDtmf(char key) {
  return (key >= '0' && key <= '9') || key == '*' || key == '#' || (key >= 'A' && key <= 'D') ||
         (key >= 'a' && key <= 'd');
}

std::string dtmfSentence(std::string_view digits) {
  std::string keys;
  for (char key : digits) {
    if (!keys.empty()) keys += ' ';
    keys += key;
  }
  return "The caller pressed " + keys + " on the keypad.";
}

}  // namespace hookswitch::speech
