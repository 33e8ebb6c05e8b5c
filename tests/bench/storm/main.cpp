// hookswitch-storm: what the media plane costs over a floor that is measured in the same run (README.md).
//
// Exit code 1 when a frame was lost, came out of order or with other bytes, or a call did not come up.
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>

#include "tests/bench/storm/options.hpp"
#include "tests/bench/storm/table.hpp"
#include "tests/fakes/certificate.hpp"

namespace storm {

namespace {

/// Files of this run; they go with it.
class Directory {
 public:
  Directory() {
    char name[] = "/tmp/hookswitch-storm-XXXXXX";
    if (!::mkdtemp(name)) throw std::runtime_error("cannot make a directory in /tmp");
    path_ = name;
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  /// A new one inside.
  std::string next() {
    const std::string inside = path_ + "/" + std::to_string(++count_);
    std::filesystem::create_directory(inside);
    return inside;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  unsigned count_ = 0;
};

SSL_CTX* modelTls(const fakes::Certificate& certificate) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (!context ||
      SSL_CTX_use_certificate_file(context, certificate.certificate_pem_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, certificate.key_pem_file.c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("OpenSSL does not take the certificate of this run");
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  return context;
}

void openManyFiles() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  ::prctl(PR_SET_TIMERSLACK, 1000UL);
}

class Run {
 public:
  explicit Run(const Options& options) : options_(options) {
    const fakes::Certificate certificate = fakes::makeCertificate(directory_.path());
    turn_.tls = modelTls(certificate);
    turn_.ca = certificate.certificate_pem_file;
    turn_.seconds = options.seconds;
    turn_.same = options.same;
    turn_.apart = options.apart;
  }
  ~Run() { SSL_CTX_free(turn_.tls); }

  bool table() {
    bool good = true;
    if (options_.rows.empty()) return good;
    printMachine();
    printHead();
    for (const Row& row : options_.rows) good &= line(row);
    return good;
  }

 private:
  bool line(const Row& row) {
    Pair pair;
    bool good = true;
    for (unsigned turn = 0; turn < options_.turns; ++turn) {
      if (options_.floor) good &= take(Which::floor, row, pair.floor);
      if (options_.gateway) good &= take(Which::gateway, row, pair.gateway);
    }
    printRow(row, pair, options_.same);
    return good;
  }

  bool take(Which which, const Row& row, std::vector<Turn>& to) {
    turn_.directory = directory_.next();
    to.push_back(takeTurn(which, row, turn_));
    const Turn& turn = to.back();
    if (turn.problem.empty()) return true;
    std::fprintf(stderr, "%s, %u calls, %s %s%s: %s\n", nameOf(which), row.calls, nameOf(row.load.form),
                 nameOf(row.load.mode), row.load.tls ? ", tls" : "", turn.problem.c_str());
    return false;
  }

  const Options& options_;
  Directory directory_;
  TurnOptions turn_;
};

int run(int argc, char** argv) {
  const Options options = readOptions(argc, argv);
  if (!options.problem.empty() || options.help) {
    std::fprintf(options.help ? stdout : stderr, "%s%s%s", options.problem.c_str(), options.help ? "" : "\n", kUsage);
    return options.help ? 0 : 2;
  }
  openManyFiles();
  Run storm(options);
  return storm.table() ? 0 : 1;
}

}  // namespace

}  // namespace storm

int main(int argc, char** argv) {
  try {
    return storm::run(argc, argv);
  } catch (const std::exception& wrong) {
    std::fprintf(stderr, "hookswitch-storm: %s\n", wrong.what());
    return 1;
  }
}
