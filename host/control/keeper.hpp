// Small secrets that plugins keep over restarts: keys and tokens, each plugin's in a private file beside the store.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "host/base/io_pool.hpp"
#include "host/base/loop.hpp"
#include "host/base/result.hpp"

namespace hookswitch::control {

/// The disk is touched on io threads alone, by one at a time and in the order of asking. What is kept never reaches a
/// log.
class Keeper {
 public:
  static constexpr std::size_t max_names = 16, max_name = 64, max_bytes = 4096;  ///< of one plugin
  static constexpr std::size_t max_waiting = 256;                                ///< questions of all plugins

  /// What is kept now; fails when it could not be read or written. Called [control].
  using Kept = base::Result<std::string>;
  using Answer = std::function<void(const Kept& kept)>;

  /// `store_path`: the files are "<store_path>.<plugin id>.kept" (base::besideStore), mode 0600. Both threads must have
  /// ended, or the answers' owners must not mind, before this is destroyed.
  Keeper(base::Loop& control, base::IoPool& io, std::string store_path);

  /// Exactly one answer each. An empty value forgets the name. [control]
  void keep(const std::string& plugin, const std::string& name, std::string bytes, Answer answer);
  void recall(const std::string& plugin, const std::string& name, Answer answer);

  std::string file(const std::string& plugin) const;  ///< [any]

 private:
  struct Question {
    std::string plugin, name, bytes;
    bool write = false;
    Answer answer;
  };
  using Names = std::map<std::string, std::string>;
  struct State;  // shared with the task on the io thread, which may outlive this

  void ask(Question question);

  base::Loop& control_;
  base::IoPool& io_;
  std::shared_ptr<State> state_;
};

}  // namespace hookswitch::control
