// One session of a plugin: the only place where the host calls plugin code.
#pragma once

#include <hookswitch/abi.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "host/base/barrier.hpp"
#include "host/plugin/message.hpp"
#include "host/plugin/steps.hpp"

namespace hookswitch::plugin {

/// Owns the plugin's hks_session. Pinned to the thread that opened it: [control] or one [loop].
class Session {
 public:
  /// NULL when the plugin refused to open one. `who` is what is written down if the process dies in it.
  static std::unique_ptr<Session> open(const hks_role& role, Stepped who = {});
  ~Session();                      ///< closes it; silent
  static std::size_t openCount();  ///< sessions of all plugins and roles that are open in this process [any]
  Session(const Session&) = delete;

  /// Step the plugin with one message; what it puts is appended to queue(). Must not be called from within itself.
  /// Returns what the plugin returned; a negative value counts as a failed message. HKS_UNSUPPORTED without a step: the
  /// message is not for a session of this role. What the plugin put and the sink refused is said in its log.
  hks_status step(const hks_msg& message);

  /// What the plugin has put and nobody has handled yet. See Drain for the order of handling.
  MessageQueue& queue() { return queue_; }

  /// Failed messages since the last one that went well. The owner closes the session at max_faults.
  std::uint32_t faultsInARow() const { return faults_in_a_row_; }
  static constexpr std::uint32_t max_faults = 5;
  /// How long the latest step took, microseconds, 0 while it was certainly below a millisecond: a plugin that blocks
  /// shows here.
  std::uint64_t lastStepUs() const { return last_step_us_; }

  /// Handle everything in the queue with `handler(const hks_msg&)`. The handler may step this session again: what that
  /// adds is handled in the same run, in order, and a nested drain() returns at once. A handler that throws costs its
  /// message: `failed(const hks_msg&)` is called in the catch block, and nothing comes out.
  template <class Handler, class Failed>
  void drain(Handler&& handler, Failed&& failed) {
    if (draining_) return;
    draining_ = true;
    for (std::size_t i = 0; i < queue_.size(); ++i) {
      try {
        handler(queue_[i]);
      } catch (...) {
        guardedly([&] { failed(queue_[i]); });
      }
    }
    queue_.clear();
    draining_ = false;
  }
  /// The same; what a handler throws is logged with the plugin and the session's call.
  template <class Handler>
  void drain(Handler&& handler) {
    drain(std::forward<Handler>(handler), [this](const hks_msg& message) { logCaught(message); });
  }

  /// Whose code it is, for what is said of it (blame.hpp).
  const Stepped& who() const { return who_; }
  bool draining() const { return draining_; }

 private:
  Session(const hks_role& role, hks_session* session, Stepped who)
      : role_(role), session_(session), who_(std::move(who)), queue_(who_.role) {}
  template <class Act>
  void guardedly(Act&& act) {
    base::guarded("plugin." + who_.plugin, "what follows from an exception", std::forward<Act>(act));
  }
  void logCaught(const hks_msg& message) const;  ///< in a catch block
  const hks_role& role_;                         // static storage of the plugin, never unloaded
  hks_session* session_;                         // owned; given back to role_.close
  const Stepped who_;
  MessageQueue queue_;
  bool stepping_ = false, draining_ = false;
  std::uint32_t faults_in_a_row_ = 0;
  std::uint64_t last_step_us_ = 0;
};

}  // namespace hookswitch::plugin
