#include "host/plugin/flood.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>
#include <vector>

namespace hookswitch::plugin {
namespace {

std::mutex gates_mutex;
std::map<std::string, std::unique_ptr<FloodGate>>& gates() {
  static auto* all = new std::map<std::string, std::unique_ptr<FloodGate>>;  // sessions may outlive static objects
  return *all;
}

std::int64_t nowUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

std::string shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "... (cut, it had " + std::to_string(text.size()) + " bytes)";
}

bool FloodGate::Bucket::take(double per_second, double most, std::int64_t now_us) {
  if (at_us) tokens = std::min(most, tokens + double(now_us - at_us) * per_second / 1e6);
  at_us = now_us;
  if (tokens >= 1) {
    tokens -= 1;
    return true;
  }
  ++dropped;
  return false;
}

FloodGate& FloodGate::of(const std::string& plugin) {
  const std::lock_guard<std::mutex> lock(gates_mutex);
  auto& gate = gates()[plugin];
  if (!gate) gate.reset(new FloodGate(plugin));
  return *gate;
}

void FloodGate::line(log::Level level, std::string_view call, std::string_view text) {
  if (!log::isWritten(level)) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!lines_.take(lines_per_second, 2.0 * lines_per_second, nowUs())) return;
  }
  log::write(level, component_, call, shortened(text, max_line));
}

bool FloodGate::notice(std::string_view given, std::string& text) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!notices_.take(notices_per_second, 100, nowUs())) return false;
  }
  text = shortened(given, max_notice);
  return true;
}

void FloodGate::report() {
  std::vector<FloodGate*> all;
  {
    const std::lock_guard<std::mutex> lock(gates_mutex);
    for (auto& [plugin, gate] : gates()) all.push_back(gate.get());
  }
  for (auto* gate : all) gate->reportOwn();
}

void FloodGate::reportOwn() {
  std::uint64_t lines = 0, notices = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    lines = std::exchange(lines_.dropped, 0);
    notices = std::exchange(notices_.dropped, 0);
  }
  std::string what;
  if (lines)
    what =
        std::to_string(lines) + " lines were dropped (it may write " + std::to_string(lines_per_second) + " a second)";
  if (notices)
    what += (what.empty() ? "" : ", ") + std::to_string(notices) + " notices were dropped (it may give " +
            std::to_string(notices_per_second) + " a second)";
  if (!what.empty()) log::warn(component_, "floods: " + what);
}

}  // namespace hookswitch::plugin
