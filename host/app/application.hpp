// The process: command line, configuration, signals, exit code.
#pragma once

#include <Poco/Util/ServerApplication.h>

#include <string>

#include "host/app/command_line.hpp"
#include "host/app/config.hpp"

namespace hookswitch::control {
class Quarantine;
}

namespace hookswitch::app {

/// [main]
class Application final : public Poco::Util::ServerApplication {
 public:
  enum Exit { fine = 0, configuration = 1, cannot_listen = 2, internal = 3 };
  Application(CommandLine line, std::string executable) : line_(std::move(line)), executable_(std::move(executable)) {}

 protected:
  int main(const std::vector<std::string>& args) override;

 private:
  Config readConfig() const;
  int check(Config& config, const plugin::Registry& registry) const;
  /// `registry`: of `directory`, which is looked at again at every reload.
  int serve(Config& config, plugin::Registry registry, const std::string& directory, control::Quarantine& quarantine);

  const CommandLine line_;
  const std::string executable_;
};

}  // namespace hookswitch::app
