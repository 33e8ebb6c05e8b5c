#include "tests/bench/storm/start.hpp"

#include <sys/resource.h>

#include <cstdio>
#include <exception>

namespace storm {

int start(const char* name, int (*run)(int argc, char** argv), int argc, char** argv) {
  try {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    return run(argc, argv);
  } catch (const std::exception& wrong) {
    std::fprintf(stderr, "%s: %s\n", name, wrong.what());
    return 1;
  }
}

}  // namespace storm
