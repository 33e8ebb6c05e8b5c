// The program that is measured: the floor or the gateway, as a process, and what it uses.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/storm/rig.hpp"
#include "tests/system/process.hpp"

namespace storm {

/// The cores that this process may use.
std::vector<int> cores();
/// Puts all threads of a process (0: this one) onto these cores; an empty list: all there are.
void pin(int pid, const std::vector<int>& to);
std::int64_t ownCpuNs();

enum class Which : std::uint8_t { floor, gateway };
const char* nameOf(Which which);

class Program {
 public:
  /// Starts it for this load, and tells the rig's carrier how to reach it. `directory`: for its files; `ca`: the
  /// certificate of a model with TLS; `on`: the cores it may use. Throws std::runtime_error when it does not start.
  Program(Which which, Rig& rig, const Load& load, const std::string& directory, const std::string& ca,
          const std::vector<int>& on, const std::vector<std::string>& settings = {});

  bool running() { return process_->running(); }
  std::string output() const { return process_->output(); }
  int pid() const { return process_->pid(); }
  std::int64_t cpuNs() const;
  long memoryKb() const { return process_->status("RssAnon"); }  ///< without files that are mapped
  long threads() const { return process_->status("Threads"); }

 private:
  void startFloor(Rig& rig, const Load& load, const std::string& directory, const std::string& ca);
  void startGateway(Rig& rig, const Load& load, const std::string& directory, const std::string& ca,
                    const std::vector<std::string>& settings);
  std::unique_ptr<system_test::Process> process_;
};

}  // namespace storm
