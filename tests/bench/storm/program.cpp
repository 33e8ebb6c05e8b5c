#include "tests/bench/storm/program.hpp"

#include <dirent.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tests/system/world.hpp"

namespace storm {

namespace {

std::int64_t timeOf(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

void writeConfig(const std::string& file, Rig& rig, const Load& load, int port, const std::string& ca) {
  const std::string scheme = load.tls ? "wss://127.0.0.1:" : "ws://127.0.0.1:", model = std::to_string(rig.modelPort());
  const std::string trust = load.tls ? "tls_ca_file = " + ca + "\n" : "";
  std::ofstream out(file);
  out << "[server]\nport = " << port << "\npublic_url = http://127.0.0.1:" << port << "\ndrain_s = 1\n"
      << "[calls]\nvoice = " << (load.form == Form::gemini ? "gemini" : "openai") << "\nmax_concurrent = 20000\n"
      << "[twilio]\naccount_sid = " << kAccount << "\nauth_token = 0123456789abcdef0123456789abcdef\n"
      << "from_number = +15550000000\nverify_signature = false\napi_base = http://127.0.0.1:" << rig.carrier().apiPort()
      << "\n";
  if (load.form == Form::gemini)
    out << "[gemini]\napi_key = storm-key-0000000000000000000000000000\nurl = " << scheme << model << "\n" << trust;
  else
    out << "[openai]\napi_key = sk-storm\nurl = " << scheme << model
        << "/v1/realtime\naudio_format = " << nameOf(load.form) << "\n"
        << trust;
}

}  // namespace

std::vector<int> cores() {
  static const std::vector<int> all = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    ::sched_getaffinity(0, sizeof set, &set);
    std::vector<int> list;
    for (int i = 0; i < CPU_SETSIZE; ++i)
      if (CPU_ISSET(i, &set)) list.push_back(i);
    return list;
  }();
  return all;
}

void pin(int pid, const std::vector<int>& to) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : to.empty() ? cores() : to) CPU_SET(core, &set);
  const std::string tasks = "/proc/" + (pid ? std::to_string(pid) : std::string("self")) + "/task";
  std::error_code gone;
  // A thread that begins meanwhile has the cores of the one that made it; the second look finds that one, too.
  for (int look = 0; look < 2; ++look)
    for (const auto& entry : std::filesystem::directory_iterator(tasks, gone))
      ::sched_setaffinity(std::atoi(entry.path().filename().c_str()), sizeof set, &set);
}

std::int64_t ownCpuNs() { return timeOf(CLOCK_PROCESS_CPUTIME_ID); }

const char* nameOf(Which which) { return which == Which::floor ? "floor" : "gateway"; }

Program::Program(Which which, Rig& rig, const Load& load, const std::string& directory, const std::string& ca,
                 const std::vector<int>& on, const std::vector<std::string>& settings) {
  cores();  // before this process is pinned
  pin(0, on);
  which == Which::floor ? startFloor(rig, load, directory, ca) : startGateway(rig, load, directory, ca, settings);
}

void Program::startFloor(Rig& rig, const Load& load, const std::string& directory, const std::string& ca) {
  std::vector<std::string> command = {HOOKSWITCH_FLOOR, "--model", std::to_string(rig.modelPort()), "--form",
                                      nameOf(load.form)};
  if (load.tls) command.insert(command.end(), {"--ca", ca});
  process_ = std::make_unique<system_test::Process>(command, directory + "/floor.log");
  const std::string line = process_->lineWith("floor port=", 60000);
  if (line.empty()) throw std::runtime_error("the floor did not start: " + output());
  rig.carrier().useStreams(std::atoi(line.c_str() + line.find('=') + 1));
}

void Program::startGateway(Rig& rig, const Load& load, const std::string& directory, const std::string& ca,
                           const std::vector<std::string>& settings) {
  namespace fs = std::filesystem;
  int reservation = -1;
  const int port = system_test::reservePort(reservation);
  fs::create_directories(directory + "/plugins");
  for (const char* plugin : {"twilio", "openai", "gemini"}) {
    if (load.form == Form::gemini ? plugin[0] == 'o' : plugin[0] == 'g') continue;
    const std::string link = directory + "/plugins/" + plugin + ".so";
    if (!fs::exists(link)) fs::create_symlink(std::string(HOOKSWITCH_PLUGINS) + "/" + plugin + ".so", link);
  }
  const std::string file = directory + "/storm.ini";
  writeConfig(file, rig, load, port, ca);
  std::vector<std::string> command = {HOOKSWITCH_PROGRAM,
                                      "--config",
                                      file,
                                      "--set",
                                      "plugins.directory=" + directory + "/plugins",
                                      "--set",
                                      "store.path=" + directory + "/hookswitch.db"};
  for (const std::string& setting : settings) command.insert(command.end(), {"--set", setting});
  process_ = std::make_unique<system_test::Process>(command, directory + "/gateway.log");
  const bool listens = !process_->lineWith("listening on", 60000).empty();
  ::close(reservation);
  if (!listens) throw std::runtime_error("the gateway did not start: " + output());
  rig.carrier().useGateway(port);
}

std::int64_t Program::cpuNs() const {
  clockid_t clock{};
  return ::clock_getcpuclockid(process_->pid(), &clock) == 0 ? timeOf(clock) : 0;
}

}  // namespace storm
