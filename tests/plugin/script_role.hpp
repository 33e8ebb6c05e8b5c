// Roles whose sessions do what the test says.
#pragma once

#include <hookswitch/out.hpp>

#include <atomic>
#include <functional>

namespace plugin_test {

struct Script {
  std::function<hks_status(const hks_msg&, hks::Out&)> step;
  std::atomic<int> opened{0}, closed{0};
  std::atomic<bool> refuses{false};
  Script() = default;
  Script& operator=(const Script& other) {  ///< between tests, when no session lives
    step = other.step;
    opened = closed = 0;
    refuses = false;
    return *this;
  }
};

template <int N>
Script& scriptOf() {
  static Script script;
  return script;
}
inline Script& script = scriptOf<0>();

template <int N>
const hks_role& scriptRole() {
  static const hks_role role{[]() -> hks_session* {
                               Script& s = scriptOf<N>();
                               if (s.refuses) return nullptr;
                               ++s.opened;
                               return reinterpret_cast<hks_session*>(&s);
                             },
                             [](hks_session*, const hks_msg* in, const hks_sink* sink) -> hks_status {
                               hks::Out out(sink);
                               Script& s = scriptOf<N>();
                               return s.step ? s.step(*in, out) : hks_status(HKS_OK);
                             },
                             [](hks_session*) { ++scriptOf<N>().closed; }};
  return role;
}

}  // namespace plugin_test
