#include <malloc.h>

#include <climits>
#include <cstdlib>
#include <iostream>

#include "host/app/application.hpp"

int main(int argc, char** argv) {
  using hookswitch::app::Application;
  // Thirty threads would get an arena each, and what one call freed on one thread would be of no use to the next.
  ::mallopt(M_ARENA_MAX, 4);
  try {
    const std::vector<std::string> args(argv + 1, argv + argc);
    char path[PATH_MAX];
    const char* executable = ::realpath("/proc/self/exe", path) ? path : argv[0];
    Poco::AutoPtr<Application> app(new Application(hookswitch::app::parseCommandLine(args), executable));
    return app->run(1, argv);
  } catch (const std::exception& e) {
    std::cerr << "hookswitch: internal error: " << e.what() << "\n";
    return hookswitch::app::internal;
  }
}
