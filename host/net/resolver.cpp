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
  bool done = false;  ///< this and the next: guarded by Resolver::mutex_
  Resolved found = base::Failure(Unresolved{"an internal error of the gateway", false});
};

Resolved lookUp(const std::string& host, const std::string& port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (code != 0)
    return base::Failure(Unresolved{std::string("its name cannot be resolved: ") + ::gai_strerror(code), false});
  std::vector<Endpoint> endpoints;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    Endpoint endpoint{};
    endpoint.length = address->ai_addrlen;
    std::memcpy(&endpoint.address, address->ai_addr, address->ai_addrlen);
    endpoints.push_back(endpoint);
  }
  ::freeaddrinfo(found);
  return endpoints;
}

class Resolver {
 public:
  /// Never destroyed: a thread that is stuck in getaddrinfo() cannot be joined when the process ends.
  static Resolver& instance() {
    static Resolver* const shared = new Resolver;
    return *shared;
  }

  Resolved resolve(const std::shared_ptr<Lookup>& lookup, Deadline deadline) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (waiting_.size() >= kMaxWaiting) return base::Failure(Unresolved{"too many names are being resolved", false});
    waiting_.push_back(lookup);
    if (idle_ < waiting_.size() && threads_ < kThreads) {
      std::thread([this] { run(); }).detach();
      ++threads_;
    }
    work_.notify_one();
    if (!finished_.wait_until(lock, deadline, [&] { return lookup->done; }))
      return base::Failure(Unresolved{"resolving its name took too long", true});
    return std::move(lookup->found);
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
      Resolved found = lookup->found;
      base::guarded("resolver", "a name", [&] { found = lookUp(lookup->host, lookup->port, AI_ADDRCONFIG); });
      lock.lock();
      lookup->found = std::move(found);
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

Resolved resolveHost(const std::string& host, std::uint16_t port, Deadline deadline) {
  if (auto address = lookUp(host, std::to_string(port), AI_NUMERICHOST)) return address;
  auto lookup = std::make_shared<Lookup>();
  lookup->host = host;
  lookup->port = std::to_string(port);
  return Resolver::instance().resolve(lookup, deadline);
}

}  // namespace hookswitch::net
