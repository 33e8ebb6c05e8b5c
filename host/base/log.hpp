// The log of the gateway: text or JSON lines on standard error, written by a thread of their own.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace hookswitch::log {

enum class Level : int { fatal = 1, error = 3, warning = 4, notice = 5, information = 6, debug = 7 };  // Poco's numbers
enum class Format : int { text = 1, json = 2 };

/// Until then lines go to standard error synchronously. [main]
void start(const std::string& level, Format format);
/// Write out what is queued and stop the thread. [main]
void stop();
/// Until what was given before is written out, but for no longer than this; others may go on giving. [any]
void flush(std::chrono::milliseconds at_most);
/// A reload may change level and format. [any]
void setLevel(const std::string& level);
void setFormat(Format format);

/// Does a line of this level go anywhere now? [any]
bool isWritten(Level level);

/// One line. `component`: who speaks ("control", "plugin.twilio"); `call`: the call it concerns, or empty. Control
/// characters in `text` are made visible. Never blocks on the disk. [any]
void write(Level level, std::string_view component, std::string_view call, const std::string& text);

inline void debug(std::string_view component, const std::string& text, std::string_view call = {}) {
  write(Level::debug, component, call, text);
}
inline void info(std::string_view component, const std::string& text, std::string_view call = {}) {
  write(Level::information, component, call, text);
}
inline void notice(std::string_view component, const std::string& text, std::string_view call = {}) {
  write(Level::notice, component, call, text);
}
inline void warn(std::string_view component, const std::string& text, std::string_view call = {}) {
  write(Level::warning, component, call, text);
}
inline void error(std::string_view component, const std::string& text, std::string_view call = {}) {
  write(Level::error, component, call, text);
}

/// HKS_DEBUG..HKS_ERROR to a level.
Level fromPlugin(unsigned level);

}  // namespace hookswitch::log
