// Where an exception stops: at the event that it comes from. Every thread of the host handles its events behind this.
#pragma once

#include <string>
#include <string_view>

namespace hookswitch::base {

/// What is being caught, in words. In a catch block. [any]
std::string caught() noexcept;

/// One line at level error: "<what> could not be handled: <what has been caught>", with the call that it concerned. In
/// a catch block, once for an exception. `call`: its id; empty: that of the innermost Concerning that the exception has
/// left, if there was one. [any]
void logCaught(std::string_view component, std::string_view what, std::string_view call = {}) noexcept;
/// The same for an exception that has been put into words already.
void logFault(std::string_view component, std::string_view what, std::string_view why, std::string_view call) noexcept;

/// While one of these lives, what its thread does concerns that call. [any]
class Concerning {
 public:
  explicit Concerning(std::string call);
  ~Concerning();
  Concerning(const Concerning&) = delete;
  Concerning& operator=(const Concerning&) = delete;

 private:
  const std::string call_;
  const int exceptions_;
};

/// Runs it. False: it threw, what was left of it is not done, and the log says so. [any]
template <class Event>
bool guarded(std::string_view component, std::string_view what, Event&& event) noexcept {
  try {
    event();
    return true;
  } catch (...) {
    logCaught(component, what);
    return false;
  }
}

}  // namespace hookswitch::base
