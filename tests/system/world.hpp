// The gateway as a process among the fakes: what every system test starts from.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/folder.hpp"
#include "tests/system/http.hpp"
#include "tests/system/process.hpp"

namespace hookswitch::testpoint {
struct Page;
}

namespace system_test {

struct WorldOptions {
  std::vector<std::string> settings;     ///< further "section.key=value" for the gateway
  std::vector<std::string> fakes;        ///< further arguments for hookswitch-fakes
  std::vector<std::string> plugins;      ///< files that are copied beside the real plugins
  std::vector<std::string> environment;  ///< further "NAME=value" for the gateway
  std::string voice = "openai";
  std::string key;             ///< get() and post() send it as the API key
  bool url_in_file = false;    ///< server.public_url stands in fakes.ini, where a reload can change it
  bool public_port = false;    ///< the gateway has its second listener, see publicPort()
  bool start = true;           ///< start the gateway at once
  bool crash_variant = false;  ///< of the gateway: cut points, clocks that can be moved, and the witness
  bool witness = false;        ///< the witness with the gateway as it is
};

/// A delivery to the witness (tests/crash/witness.cpp), the receiver that looks at event ids.
struct Delivery {
  std::string event_id;  ///< <call>:<phase>:witness
  int attempt = 0, ended_by = 0, lines = 0;
};

/// server.drain_s is 1 and media.shed_lag_ms 0 unless the settings say otherwise.
/// Fakes and gateway in a directory of their own; everything is gone with the object.
class World {
 public:
  explicit World(WorldOptions options = {});
  ~World();

  /// On the same port and directory each time. `environment`: for this start only. Throws when it does not listen.
  void startGateway(const std::vector<std::string>& environment = {});
  /// The same without waiting: for a start that shall fail.
  void launchGateway(const std::vector<std::string>& environment = {});
  void set(const std::string& setting) { options_.settings.push_back(setting); }  ///< for the starts to come
  /// More lines for the file that the gateway was started with; they count from the next reload on.
  void configure(const std::string& lines);
  void reload();       ///< SIGHUP, and wait until it has been done
  void killGateway();  ///< SIGKILL, and wait for it
  void restartGateway() {
    killGateway();
    startGateway();
  }
  Process& gateway() { return *gateway_; }
  std::string program() const;  ///< the gateway's executable

  std::vector<Delivery> deliveries(const std::string& call) const;  ///< to the witness; `call` empty: of all calls
  // crash_variant only
  void moveClocks(long long monotonic_ms, long long wall_ms);  ///< the monotonic one only forward
  void armCut(const std::string& cut);                         ///< "label[@detail][#n]", counted from now; empty: none
  std::vector<std::string> passings() const;                   ///< cut points passed so far, "label@detail", all starts
  const std::string& directory() const { return directory_; }
  std::string url(const std::string& path) const;  ///< of the gateway
  int port() const { return port_; }
  int publicPort() const { return public_port_; }
  void useKey(const std::string& key) { options_.key = key; }  ///< for get() and post() from here on
  std::vector<std::pair<std::string, std::string>> headers() const;
  Answer get(const std::string& path) const;
  Answer post(const std::string& path, const Json& body = nullptr) const;

  /// Place a call and return its id; fails the test when it is not taken.
  std::string place(Json body = Json::object());
  /// The same, and wait until it is answered and the carrier has our answer to its voice webhook: without one it would
  /// hang up by itself.
  std::string answered(Json body = Json::object());
  /// The same, and wait until the carrier's stream and the model's connection are open.
  std::string talking(Json body = Json::object());
  /// GET /api/calls/{id}
  Json call(const std::string& id) const;
  /// Wait until the call has this status ("ended": is over).
  bool reaches(const std::string& id, const std::string& status, int timeout_ms = patience_ms) const;
  /// Wait until the call is over and no hook is pending; its detail.
  Json settled(const std::string& id, int timeout_ms = patience_ms) const;
  std::vector<std::string> liveCalls() const;

  // the fakes
  Json state(const std::string& fake) const;
  Json command(const std::string& path, const Json& args = Json::object()) const;  ///< "twilio/plan"
  Json carrierCall(const std::string& call) const;  ///< the fake Twilio's view, by our id or SID
  std::string carrierAudio(const std::string& call, const std::string& part) const;  ///< heard | line | said
  int telegramMessages(const std::string& containing) const;
  int gatewayEvents(const std::string& kind, const std::string& call) const;  ///< call_started, call_ended
  int toldOfEnd(const std::string& call) const;  ///< how often the assistant's gateway heard of it
  const std::string& controlUrl() const { return control_; }

 private:
  std::string logFile(int start) const;

  WorldOptions options_;
  const hookswitch_test::Folder folder_{"test"};
  std::string directory_, control_;
  std::unique_ptr<Process> fakes_, gateway_;
  int port_ = 0, public_port_ = 0, reservation_ = -1, public_reservation_ = -1, starts_ = 0;
  hookswitch::testpoint::Page* page_ = nullptr;
};

/// Calls are spoken on by this voice.
WorldOptions withVoice(const std::string& voice, std::vector<std::string> settings = {});

/// A port of this machine that nobody else gets while `socket` is open, whether or not somebody listens on it.
int reservePort(int& socket);

/// The gauges of GET /api/metrics by name with labels; counters (..._total) and histograms are left out.
std::map<std::string, double> gauges(const World& world);
/// One of them; not a number, which equals nothing, when it was not told. A gateway that does not answer is not at
/// rest.
double gauge(const World& world, const std::string& name);

/// The row of a phase and plugin in a teardown table; null when there is none.
Json row(const Json& detail, const std::string& phase, const std::string& plugin);

}  // namespace system_test
