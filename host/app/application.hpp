// The process: command line, configuration, signals, exit code.
#pragma once

#include <Poco/Util/ServerApplication.h>

#include <string>

#include "host/app/command_line.hpp"
#include "host/app/config.hpp"
#include "host/app/exit.hpp"

namespace hookswitch::app {

/// [main]
class Application final : public Poco::Util::ServerApplication {
 public:
  Application(CommandLine line, std::string executable) : line_(std::move(line)), executable_(std::move(executable)) {}

 protected:
  int main(const std::vector<std::string>& args) override;

 private:
  Config readConfig() const;
  int check(Config& config, const plugin::Registry& registry) const;

  const CommandLine line_;
  const std::string executable_;
};

}  // namespace hookswitch::app
