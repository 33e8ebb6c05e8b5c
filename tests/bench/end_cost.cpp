// hookswitch-end-cost: what an end request itself costs, from the POST leaving the client to the hang-up request
// arriving at the carrier, with the ledger on (or, to compare, without a file: --no-store).
//
//   hookswitch-end-cost [--ends 1000] [--no-store]
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <thread>

#include "tests/system/world.hpp"

using namespace system_test;

namespace {

long long nowUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// Passes bytes to the carrier's REST port and notes when a hang-up comes by, in microseconds.
class Forwarder {
 public:
  explicit Forwarder(int target) : target_(target) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 64);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~Forwarder() {
    stop_ = true;
    thread_.join();
    for (auto& [fd, peer] : peers_) ::close(fd);
    ::close(listener_);
  }
  int port = 0;
  std::atomic<long long> hang_up_us{0};

 private:
  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(std::uint16_t(port));
    return address;
  }
  void run() {
    while (!stop_) {
      std::vector<pollfd> polled{{listener_, POLLIN, 0}};
      for (auto& [fd, peer] : peers_) polled.push_back({fd, POLLIN, 0});
      ::poll(polled.data(), nfds_t(polled.size()), 50);
      if (polled[0].revents) accept();
      for (std::size_t i = 1; i < polled.size(); ++i)
        if (polled[i].revents && peers_.count(polled[i].fd)) pump(polled[i].fd);
    }
  }
  void accept() {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    sockaddr_in address = loopback(target_);
    ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address);
    for (int fd : {client, server}) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    peers_[client] = server;
    peers_[server] = client;
    from_gateway_[client] = true;
  }
  void pump(int fd) {
    char bytes[65536];
    const ssize_t got = ::recv(fd, bytes, sizeof bytes, 0);
    if (got > 0) {
      if (from_gateway_[fd] && std::string(bytes, std::size_t(got)).find("Status=completed") != std::string::npos)
        hang_up_us = nowUs();
      if (::send(peers_[fd], bytes, std::size_t(got), MSG_NOSIGNAL) == got) return;
    }
    const int peer = peers_[fd];
    for (int each : {fd, peer}) {
      peers_.erase(each);
      from_gateway_.erase(each);
      ::close(each);
    }
  }
  int target_, listener_ = -1;
  std::map<int, int> peers_;
  std::map<int, bool> from_gateway_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

int portOf(const std::string& file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.compare(0, key.size(), key) == 0) return std::atoi(line.substr(line.rfind(':') + 1).c_str());
  return 0;
}

double percentile(std::vector<double>& values, double part) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::size_t(double(values.size() - 1) * part)];
}

}  // namespace

int main(int argc, char** argv) {
  int ends = 1000;
  bool store = true;
  for (int i = 1; i < argc; ++i) {
    if (!std::strcmp(argv[i], "--ends") && i + 1 < argc)
      ends = std::max(1, std::atoi(argv[++i]));
    else if (!std::strcmp(argv[i], "--no-store"))
      store = false;
  }
  WorldOptions options;
  options.start = false;
  options.settings = {"log.level=information", "telegram.enabled=false"};
  if (!store) options.settings.push_back("store.path=");
  World world(options);
  Forwarder carrier(portOf(world.directory() + "/fakes.ini", "api_base"));
  world.set("twilio.api_base=http://127.0.0.1:" + std::to_string(carrier.port));
  world.startGateway();
  world.command("twilio/plan", {{"media_never", true}, {"queue_ms", 0}, {"ring_ms", 0}, {"answer_ms", 0}});

  std::vector<double> leaving, whole;
  for (int i = 0; i < ends; ++i) {
    const std::string id = world.place();
    if (!world.reaches(id, "in-progress")) return std::fprintf(stderr, "a call was not answered\n"), 1;
    carrier.hang_up_us = 0;
    const long long begin = nowUs();
    const Answer answer = world.post("/api/calls/" + id + "/end");
    const long long end = nowUs(), at = carrier.hang_up_us;
    if (answer.status != 200 || at < begin)
      return std::fprintf(stderr, "an end failed: %d %s\n", answer.status, answer.body.c_str()), 1;
    leaving.push_back(double(at - begin) / 1000);
    whole.push_back(double(end - begin) / 1000);
  }
  std::printf("%d ends, %s\n", ends, store ? "ledger on disk" : "no file");
  std::printf("  POST sent to hang-up at the carrier  p50 %.2f ms, p99 %.2f ms\n", percentile(leaving, 0.5),
              percentile(leaving, 0.99));
  std::printf("  POST sent to answer                  p50 %.2f ms, p99 %.2f ms\n", percentile(whole, 0.5),
              percentile(whole, 0.99));
  return 0;
}
