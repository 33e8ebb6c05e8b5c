#include "host/base/log.hpp"

#include <Poco/AsyncChannel.h>
#include <Poco/AutoPtr.h>
#include <Poco/ConsoleChannel.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Formatter.h>
#include <Poco/FormattingChannel.h>
#include <Poco/Logger.h>
#include <Poco/Message.h>

#include <hookswitch/abi.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <mutex>

#include "host/base/json.hpp"

namespace hookswitch::log {
namespace {

const char* levelName(int priority) {
  switch (priority) {
    case Poco::Message::PRIO_FATAL:
    case Poco::Message::PRIO_CRITICAL: return "fatal";
    case Poco::Message::PRIO_ERROR: return "error";
    case Poco::Message::PRIO_WARNING: return "warning";
    case Poco::Message::PRIO_NOTICE: return "notice";
    case Poco::Message::PRIO_INFORMATION: return "information";
    default: return "debug";
  }
}

constexpr std::size_t longest = 8'000;

/// Reasons and errors come from plugins and peers, and may be as long as they like.
std::string cut(const std::string& text) {
  std::size_t end = longest;
  while (end && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // no half of a UTF-8 character
  return text.substr(0, end) + "... (cut, it had " + std::to_string(text.size()) + " bytes)";
}

/// A line stays one line, whatever a peer managed to get into it.
std::string visible(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (unsigned char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c < 0x20 || c == 0x7f) {
      char hex[5];
      std::snprintf(hex, sizeof hex, "\\x%02x", c);
      out += hex;
    } else
      out += char(c);
  }
  return out;
}

class TextFormatter final : public Poco::Formatter {
  void format(const Poco::Message& m, std::string& out) override {
    out = Poco::DateTimeFormatter::format(m.getTime(), "%Y-%m-%dT%H:%M:%S.%iZ");
    out += ' ';
    const std::string level = levelName(m.getPriority());
    out += level;
    out.append(level.size() < 11 ? 11 - level.size() : 0, ' ');
    out += " [" + m.getSource() + "] ";
    if (m.has("call")) out += "call=" + m.get("call") + " ";
    out += visible(m.getText());
  }
};

class JsonFormatter final : public Poco::Formatter {
  void format(const Poco::Message& m, std::string& out) override {
    json::Object o;
    o.add("time", Poco::DateTimeFormatter::format(m.getTime(), "%Y-%m-%dT%H:%M:%S.%iZ"));
    o.add("level", levelName(m.getPriority())).add("component", m.getSource());
    if (m.has("call")) o.add("call_id", m.get("call"));
    o.add("message", m.getText());
    out = o.str();
  }
};

std::atomic<Format> format_in_force{Format::text};

class ChosenFormatter final : public Poco::Formatter {
  void format(const Poco::Message& m, std::string& out) override {
    (format_in_force == Format::json ? json_ : text_)->format(m, out);
  }
  Poco::AutoPtr<Poco::Formatter> json_{new JsonFormatter}, text_{new TextFormatter};
};

std::atomic<std::uint64_t> given{0};  // lines, since start() ...
std::mutex counting;
std::uint64_t written = 0;  // ... and those that are out, under the mutex
std::condition_variable out;

class CountingConsole final : public Poco::ConsoleChannel {
  void log(const Poco::Message& m) override {
    Poco::ConsoleChannel::log(m);
    {
      const std::lock_guard<std::mutex> lock(counting);
      ++written;
    }
    out.notify_all();
  }
};

// Replaced only by start() and stop(), before other threads exist and after they are gone.
Poco::AutoPtr<Poco::AsyncChannel> channel;

Poco::Logger& logger() {
  static Poco::Logger& root =
      Poco::Logger::create("hookswitch", new Poco::FormattingChannel(new TextFormatter, new Poco::ConsoleChannel),
                           Poco::Message::PRIO_INFORMATION);
  return root;
}

}  // namespace

void setLevel(const std::string& level) { logger().setLevel(level); }

void setFormat(Format format) { format_in_force = format; }

void start(const std::string& level, Format format) {
  given = 0;
  {
    const std::lock_guard<std::mutex> lock(counting);
    written = 0;
  }
  Poco::AutoPtr<Poco::ConsoleChannel> console(new CountingConsole);
  setFormat(format);
  Poco::AutoPtr<Poco::Formatter> formatter(new ChosenFormatter);
  Poco::AutoPtr<Poco::FormattingChannel> formatting(new Poco::FormattingChannel(formatter, console));
  channel = new Poco::AsyncChannel(formatting);
  logger().setChannel(channel);
  setLevel(level);
}

void stop() {
  if (!channel) return;
  channel->close();
  logger().setChannel(new Poco::FormattingChannel(new TextFormatter, new Poco::ConsoleChannel));
  channel = nullptr;
}

void flush(std::chrono::milliseconds at_most) {
  if (!channel) return;
  std::unique_lock<std::mutex> lock(counting);
  out.wait_for(lock, at_most, [all = given.load()] { return written >= all; });
}

bool isWritten(Level level) { return logger().is(static_cast<Poco::Message::Priority>(level)); }

void write(Level level, std::string_view component, std::string_view call, const std::string& text) {
  Poco::Logger& root = logger();
  const auto priority = static_cast<Poco::Message::Priority>(level);
  if (!root.is(priority)) return;
  Poco::Message message(std::string(component), text.size() > longest ? cut(text) : text, priority);
  if (!call.empty()) message.set("call", std::string(call));
  ++given;
  root.log(message);
}

Level fromPlugin(unsigned level) {
  switch (level) {
    case HKS_ERROR: return Level::error;
    case HKS_WARN: return Level::warning;
    case HKS_DEBUG: return Level::debug;
    default: return Level::information;
  }
}

}  // namespace hookswitch::log
