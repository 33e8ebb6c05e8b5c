#include "host/app/command_line.hpp"

namespace hookswitch::app {

CommandLine parseCommandLine(const std::vector<std::string>& args) {
  CommandLine line;
  for (std::size_t i = 0; i < args.size(); ++i) {
    std::string name = args[i], value;
    bool has_value = false;
    if (const std::size_t equals = name.find('='); name.compare(0, 2, "--") == 0 && equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
      has_value = true;
    }
    auto take = [&](std::vector<std::string>& list, const char* what) {
      if (!has_value) {
        if (i + 1 >= args.size()) {
          line.error = name + " needs " + what;
          return;
        }
        value = args[++i];
      }
      list.push_back(value);
    };
    auto flag = [&](bool& to) {
      if (has_value) line.error = name + " takes no value";
      to = true;
    };
    if (name == "--config" || name == "-c")
      take(line.configs, "the path of an INI file");
    else if (name == "--set")
      take(line.settings, "section.key=value");
    else if (name == "--check")
      flag(line.check);
    else if (name == "--print-config")
      flag(line.print_config);
    else if (name == "--version")
      flag(line.version);
    else if (name == "--help" || name == "-h")
      flag(line.help);
    else
      line.error = "unknown argument '" + args[i] + "'; see --help";
    if (!line.error.empty()) break;
  }
  return line;
}

std::string helpText() {
  return "hookswitch - a telephony gateway that connects phone calls to realtime speech models, and ends them "
         "properly\n"
         "\n"
         "  --config FILE            read this INI file; may be repeated, later files win\n"
         "  --set section.key=value  set one key, stronger than every file; may be repeated\n"
         "  --check                  validate configuration and plugins, print every problem, exit 0 or 1\n"
         "  --print-config           print a complete commented configuration for the plugins that were found\n"
         "  --version, --help\n"
         "\n"
         "SIGTERM and SIGINT end live calls properly and then the gateway; a second one ends at once. SIGHUP reloads.\n"
         "Exit codes: 0 fine, 1 configuration, 2 could not listen, 3 internal.\n";
}

}  // namespace hookswitch::app
