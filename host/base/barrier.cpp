#include "host/base/barrier.hpp"

#include <exception>
#include <utility>

#include "host/base/log.hpp"

namespace hookswitch::base {
namespace {

/// The call of the exception that is on its way to a barrier of this thread.
std::string& blamed() {
  thread_local std::string id;
  return id;
}

}  // namespace

std::string caught() noexcept {
  try {
    try {
      throw;
    } catch (const std::exception& e) {
      return e.what();
    } catch (...) {
      return "an exception of an unknown type";
    }
  } catch (...) {
    return {};  // no memory even for the words
  }
}

void logCaught(std::string_view component, std::string_view what, std::string_view call) noexcept {
  logFault(component, what, caught(), call);
}

void logFault(std::string_view component, std::string_view what, std::string_view why, std::string_view call) noexcept {
  // A line that cannot be written must not become the next exception, of which nobody is left to speak.
  try {
    std::string concerned;
    concerned.swap(blamed());
    log::error(component, std::string(what) + " could not be handled: " + std::string(why),
               call.empty() ? std::string_view(concerned) : call);
  } catch (...) {}
}

Concerning::Concerning(std::string call) : call_(std::move(call)), exceptions_(std::uncaught_exceptions()) {}

Concerning::~Concerning() {
  try {
    if (std::uncaught_exceptions() > exceptions_) {
      if (blamed().empty()) blamed() = call_;
    } else if (blamed() == call_) {
      blamed().clear();  // one inside of it was caught and concerns nobody any more
    }
  } catch (...) {}
}

}  // namespace hookswitch::base
