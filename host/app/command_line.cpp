#include "host/app/command_line.hpp"

#include <Poco/Util/Option.h>
#include <Poco/Util/OptionException.h>
#include <Poco/Util/OptionProcessor.h>
#include <Poco/Util/OptionSet.h>

#include <algorithm>

namespace hookswitch::app {
namespace {

using Poco::Util::Option;

const Poco::Util::OptionSet& options() {
  static const Poco::Util::OptionSet set = [] {
    Poco::Util::OptionSet made;
    made.addOption(Option("config", "c").argument("the path of an INI file").repeatable(true));
    made.addOption(Option("set", "").argument("section.key=value").repeatable(true));
    for (const char* flag : {"check", "print-config", "version"}) made.addOption(Option(flag, "").repeatable(true));
    made.addOption(Option("help", "h").repeatable(true));
    return made;
  }();
  return set;
}

/// Poco also takes capitals, beginnings of names and "-cFILE", which were never promised and would bind us.
bool isSpelledOut(const std::string& name) {
  return std::any_of(options().begin(), options().end(), [&](const Option& o) {
    return name == "--" + o.fullName() || (!o.shortName().empty() && name == "-" + o.shortName());
  });
}

void set(CommandLine& line, const std::string& name, const std::string& value) {
  if (name == "config") line.configs.push_back(value);
  if (name == "set") line.settings.push_back(value);
  line.check = line.check || name == "check";
  line.print_config = line.print_config || name == "print-config";
  line.version = line.version || name == "version";
  line.help = line.help || name == "help";
}

}  // namespace

CommandLine parseCommandLine(const std::vector<std::string>& args) {
  CommandLine line;
  Poco::Util::OptionProcessor processor(options());
  std::string typed;
  bool waiting = false;  // for the value of what was typed
  for (const std::string& arg : args) {
    if (!waiting) {
      typed = arg.compare(0, 2, "--") == 0 ? arg.substr(0, arg.find('=')) : arg;
      if (!isSpelledOut(typed)) {
        line.error = "unknown argument '" + arg + "'; see --help";
        return line;
      }
    }
    try {
      std::string name, value;
      processor.process(arg, name, value);
      waiting = name.empty();
      set(line, name, value);
    } catch (const Poco::Util::OptionException&) {
      line.error = typed + " takes no value";
      return line;
    }
  }
  if (waiting)
    line.error = typed + " needs " + options().getOption(typed.substr(typed.find_first_not_of('-'))).argumentName();
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
