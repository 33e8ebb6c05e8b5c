// What one plugin may write into the log and tell people in a second, over all of its sessions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "host/base/log.hpp"

namespace hookswitch::plugin {

/// One per plugin, shared by its sessions. What is above the bounds is dropped and counted; report() says how much in
/// one line. [any]
class FloodGate {
 public:
  static constexpr unsigned lines_per_second = 200;                   ///< with as many saved up from quieter times
  static constexpr unsigned notices_per_second = 20;                  ///< likewise, with a hundred
  static constexpr std::size_t max_line = 2'000, max_notice = 4'000;  ///< bytes; what is longer is cut and says so

  /// The one of this plugin; it lives as long as the process.
  static FloodGate& of(const std::string& plugin);

  /// A line of the log: the plugin's own, or the host's about what the plugin does. Lines below the log's level cost
  /// nothing and are not counted.
  void line(log::Level level, std::string_view call, std::string_view text);
  /// May it tell people something now? `text` is what may be told of it. False: it was counted as dropped.
  bool notice(std::string_view given, std::string& text);

  /// Of every plugin: one line for what was dropped since the last time. Once a second, and at the end.
  static void report();

 private:
  explicit FloodGate(std::string plugin) : plugin_(std::move(plugin)), component_("plugin." + plugin_) {}
  struct Bucket {
    double tokens;
    std::int64_t at_us = 0;
    std::uint64_t dropped = 0;
    bool take(double per_second, double most, std::int64_t now_us);
  };
  void reportOwn();

  const std::string plugin_, component_;
  std::mutex mutex_;  // guards the buckets
  Bucket lines_{2.0 * lines_per_second}, notices_{100};
};

/// `text`, or its beginning and how long it was; never in the middle of a UTF-8 character.
std::string shortened(std::string_view text, std::size_t most);

}  // namespace hookswitch::plugin
