#include "host/net/resolver.hpp"

#include <netdb.h>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "host/base/barrier.hpp"

namespace hookswitch::net {

namespace {

constexpr std::size_t kThreads = 4;
constexpr std::size_t kMaxWaiting = 512;

struct Lookup {
  std::string host, port;
  bool done = false;  ///< this and the next two: guarded by Resolver::mutex_
  std::vector<Endpoint> endpoints;
  std::string error;
};

void lookUp(const std::string& host, const std::string& port, int flags, std::vector<Endpoint>& endpoints,
            std::string& error) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (code != 0) {
    error = std::string("its name cannot be resolved: ") + ::gai_strerror(code);
    return;
  }
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    Endpoint endpoint{};
    endpoint.length = address->ai_addrlen;
    std::memcpy(&endpoint.address, address->ai_addr, address->ai_addrlen);
    endpoints.push_back(endpoint);
  }
  ::freeaddrinfo(found);
}

class Resolver {
 public:
  /// Never destroyed: a thread that is stuck in getaddrinfo() cannot be joined when the process ends.
  static Resolver& instance() {
    static Resolver* const shared = new Resolver;
    return *shared;
  }

  void resolve(const std::shared_ptr<Lookup>& lookup, Deadline deadline, std::vector<Endpoint>& endpoints,
               std::string& error, bool& timed_out) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (waiting_.size() >= kMaxWaiting) {
      error = "too many names are being resolved";
      return;
    }
    waiting_.push_back(lookup);
    if (idle_ < waiting_.size() && threads_ < kThreads) {
      std::thread([this] { run(); }).detach();
      ++threads_;
    }
    work_.notify_one();
    timed_out = !finished_.wait_until(lock, deadline, [&] { return lookup->done; });
    if (timed_out) {
      error = "resolving its name took too long";
      return;
    }
    endpoints = std::move(lookup->endpoints);
    error = std::move(lookup->error);
  }

 private:
  void run() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      ++idle_;
      work_.wait(lock, [this] { return !waiting_.empty(); });
      --idle_;
      const std::shared_ptr<Lookup> lookup = std::move(waiting_.front());
      waiting_.pop_front();
      // Nobody waits any more when ours is the only reference left: the deadline passed while it was queued.
      if (lookup.use_count() == 1) continue;
      lock.unlock();
      std::vector<Endpoint> endpoints;
      std::string error;
      if (!base::guarded("resolver", "a name",
                         [&] { lookUp(lookup->host, lookup->port, AI_ADDRCONFIG, endpoints, error); }))
        endpoints.clear();
      lock.lock();
      lookup->endpoints = std::move(endpoints);
      lookup->error = std::move(error);
      lookup->done = true;
      finished_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable work_, finished_;
  std::deque<std::shared_ptr<Lookup>> waiting_;
  std::size_t threads_ = 0, idle_ = 0;
};

}  // namespace

std::vector<Endpoint> resolveHost(const std::string& host, std::uint16_t port, Deadline deadline, std::string& error,
                                  bool& timed_out) {
  std::vector<Endpoint> endpoints;
  std::string ignored;
  lookUp(host, std::to_string(port), AI_NUMERICHOST, endpoints, ignored);
  if (!endpoints.empty()) return endpoints;
  auto lookup = std::make_shared<Lookup>();
  lookup->host = host;
  lookup->port = std::to_string(port);
  Resolver::instance().resolve(lookup, deadline, endpoints, error, timed_out);
  return endpoints;
}

}  // namespace hookswitch::net
