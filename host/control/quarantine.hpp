// Plugins in whose code the process has died: how often, where, and until when they are held back.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/call/hook_row.hpp"
#include "host/plugin/steps.hpp"

namespace hookswitch::control {

/// What is held back as one. A hook alone ("hook notify"), one path of a plugin's own ("HTTP_REQUEST /hello"), one kind
/// of message that can be left out ("CALL_PLACE"), its sessions of calls ("carrier", "voice"), its control or notifier
/// session with everything in it ("session"), its file ("load").
std::string scopeOf(const plugin::Death& death);
std::string hookScope(call::Phase phase);

/// For how long something is held back from now, and why.
struct Held {
  std::uint64_t ms = 0;  ///< 0: it is not
  std::string why{};     ///< a sentence
  explicit operator bool() const { return ms != 0; }
};

/// The file beside the store: lines of deaths, which the process that dies appends, and what earlier starts made of
/// them. After the first death in a scope the plugin is a suspect there: others go first. After the second it is held
/// back, for `first_s` and twice as long after each further one. A
/// suspect that works again is forgotten, and a line that cannot be read is left out when the file is written. [any]
class Quarantine {
 public:
  static constexpr std::uint32_t held_from = 2;
  static constexpr std::uint64_t longest_ms = 3'600'000,
                                 longest_leg_ms = 300'000;  ///< a leg costs money while it is up
  static constexpr std::uint64_t least_quiet_ms =
      600'000;  ///< without a death, before a success for something else counts

  struct Options {
    std::string path;  ///< empty: nothing is known and nothing is kept
    std::uint32_t first_s = 30;
    std::function<std::uint64_t()> unix_ms;
  };
  /// Work that touches the disk, away from the thread that asks; without it everything is written at once.
  using Offload = std::function<void(std::function<void()>)>;
  Quarantine() = default;
  /// Reads what is there. A file that cannot be read is said in the log and counts as empty. Writes nothing: the store
  /// may turn out to be another process's.
  explicit Quarantine(Options options);
  Quarantine(const Quarantine&) = delete;

  /// From now on deaths of this process are appended to it, though it may not be ours yet: plugins run code while they
  /// are loaded. What cannot be written is said later.
  void watch() const;
  /// From now on the file is ours: what was read is written as it is understood, and this process's deaths follow it.
  void keep();
  void setOffload(Offload offload) { offload_ = std::move(offload); }  ///< before there are other threads

  /// What is known of one scope.
  struct Suspect {
    std::uint32_t deaths = 0;
    std::uint64_t last_ms = 0, until_ms = 0;  ///< unix; held back until then
    std::string about, text;                  ///< of the last death: the call, and the whole sentence
    bool held(std::uint64_t now_ms) const { return now_ms < until_ms; }
  };
  bool empty() const;
  std::optional<Suspect> find(const std::string& plugin, const std::string& scope) const;
  std::vector<std::pair<std::string, Suspect>> of(const std::string& plugin) const;  ///< scope and what is known of it
  Held held(const std::string& plugin, const std::string& scope) const;
  /// Which of the plugin's scopes are held back now, for people; empty: none.
  std::string reason(const std::string& plugin) const;

  /// It has worked there, for `about`. Deaths for the same, or for nothing in particular, are forgotten; those for
  /// something else when it has not died for twice its wait, at least for ten minutes.
  void succeeded(const std::string& plugin, const std::string& scope, const std::string& about);
  /// Everything about the plugin is forgotten. False: nothing was held back.
  bool release(const std::string& plugin);

  /// What the plugin had hooked when it was last opened: as long as its session is held back, that is what waits for
  /// it.
  void rememberHooks(const std::string& plugin, const std::vector<call::HookSpec>& hooks);
  std::vector<call::HookSpec> rememberedHooks(const std::string& plugin) const;

 private:
  using Key = std::pair<std::string, std::string>;  // plugin, scope
  void read(const std::string& content);
  void count(const plugin::Death& death);
  std::uint64_t waitMs(const std::string& scope, std::uint32_t deaths) const;
  void changed();
  void write();
  std::uint64_t now() const { return options_.unix_ms ? options_.unix_ms() : 0; }

  Options options_;
  Offload offload_;
  bool ours_ = false;
  std::mutex writing_;        // before mutex_: one write at a time, and the last one has the last word
  mutable std::mutex mutex_;  // guards what follows
  std::map<Key, Suspect> suspects_;
  std::map<std::string, std::vector<call::HookSpec>> hooks_;
};

}  // namespace hookswitch::control
