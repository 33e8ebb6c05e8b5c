#include "host/net/http_reception.hpp"

#include "host/base/barrier.hpp"

#include "host/net/http_listener.hpp"
#include "host/net/ws_codec.hpp"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace hookswitch::net {

namespace {

constexpr std::uint64_t kListener = 1;
constexpr std::uint64_t kMailbox = 2;
constexpr std::uint32_t kListenerPauseMs = 100;
constexpr int kAcceptsPerTurn = 64;
constexpr std::size_t kPeerScan = 32;

}  // namespace

HttpReception::HttpReception(HttpServerOptions options, HttpHandler& handler)
    : options_(std::move(options)), handler_(handler), mailbox_(std::make_shared<HttpMailbox>()) {
  if (options_.tls_certificate.empty() != options_.tls_key.empty())
    throw std::runtime_error("TLS needs both a certificate file and a key file, and only one is given");
  if (!options_.tls_certificate.empty()) {
    auto tls = TlsContext::server(options_.tls_certificate, options_.tls_key);
    if (!tls) throw std::runtime_error(tls.error());
    tls_ = *std::move(tls);
  }
  listener_ = openListener(options_.host, options_.port, options_.backlog);
  port_ = listenerPort(listener_);
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kListener;
  bool good = epoll_ >= 0 && ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) == 0;
  event.data.u64 = kMailbox;
  good = good && ::epoll_ctl(epoll_, EPOLL_CTL_ADD, mailbox_->fd(), &event) == 0;
  if (!good) {
    const std::string reason = std::generic_category().message(errno);
    ::close(listener_);
    if (epoll_ >= 0) ::close(epoll_);
    throw std::runtime_error("Cannot set up epoll for the HTTP server: " + reason);
  }
  // Hand-overs of upgraded sockets must not be refused: room for them beyond the limit kept by dispatch().
  workers_ =
      std::make_unique<base::IoPool>(options_.workers, options_.max_queued_requests + options_.max_connections, "http");
  if (options_.peers) options_.peers->addListener();
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "http-reception");
}

void HttpReception::useTls(std::shared_ptr<const TlsContext> context) {
  const std::lock_guard<std::mutex> lock(tls_mutex_);
  tls_ = std::move(context);
}

HttpReception::~HttpReception() {
  stop(0);
  ::close(epoll_);
}

void HttpReception::stop(std::uint32_t grace_ms) {
  const std::lock_guard<std::mutex> lock(stop_mutex_);
  if (!thread_.joinable()) return;
  grace_ms_.store(grace_ms);
  stop_requested_.store(true);
  mailbox_->wake();
  thread_.join();
  workers_->stop(base::IoPool::Stop::abandon);
}

int HttpReception::waitMs() const {
  int wait = -1;
  const auto sooner = [&wait](Deadline deadline) {
    const int left = remainingMs(deadline);
    if (wait < 0 || left < wait) wait = left;
  };
  if (!deadlines_.all().empty()) sooner(deadlines_.all().begin()->first);
  if (listener_paused_) sooner(listener_resumes_);
  if (stopping_) sooner(stop_deadline_);
  return wait;
}

template <class Event>
void HttpReception::guarded(Id id, Event&& event) {
  if (!base::guarded("http", "what happened on a connection", event)) drop(id);
}

void HttpReception::handle(Id tag, std::uint32_t events) {
  if (tag == kListener) {
    base::guarded("http", "a new connection", [this] { accept(); });
    return;
  }
  if (tag == kMailbox) {
    for (HttpMailbox::Answer& answer : mailbox_->takeAll())
      guarded(answer.connection, [&] { deliver(std::move(answer)); });
    return;
  }
  const auto found = entries_.find(tag);
  if (found == entries_.end()) return;
  const bool gone = (events & (EPOLLERR | EPOLLHUP)) != 0;
  if (gone && found->second.connection->phase() == HttpConnection::Phase::answering)
    return drop(tag);  // nobody is left to answer, and the event would come back for ever
  guarded(tag, [&, &entry = found->second] { serve(tag, entry, entry.connection->drive()); });
}

void HttpReception::resumeListener() {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kListener;
  listener_paused_ = ::epoll_ctl(epoll_, EPOLL_CTL_MOD, listener_, &event) != 0;
}

void HttpReception::run() {
  epoll_event events[128];
  for (;;) {
    const int count = ::epoll_wait(epoll_, events, 128, waitMs());
    for (int i = 0; i < count; ++i) handle(events[i].data.u64, events[i].events);
    expireDue();
    if (listener_paused_ && remainingMs(listener_resumes_) == 0 && listener_ >= 0) resumeListener();
    if (stop_requested_.load() && !stopping_) beginStop();
    if (stopping_ && (entries_.empty() || remainingMs(stop_deadline_) == 0)) break;
  }
  deadlines_.clear();
  entries_.clear();
  count_.store(0, std::memory_order_relaxed);
}

void HttpReception::beginStop() {
  stopping_ = true;
  stop_deadline_ = deadlineIn(grace_ms_.load());
  ::close(listener_);
  listener_ = -1;
  listener_paused_ = false;
  std::vector<Id> finished;
  for (auto& [id, entry] : entries_)
    if (entry.connection->retire()) finished.push_back(id);
  for (const Id id : finished) drop(id);
}

void HttpReception::accept() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    const int fd = ::accept4(listener_, reinterpret_cast<sockaddr*>(&address), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      const std::string peer = options_.peers ? PeerLimit::peerOf(address) : std::string();
      PeerLimit::Place place = placeFor(peer);
      if ((place || !options_.peers) && (entries_.size() < options_.max_connections || makeRoom(deadlines_.all())))
        adopt(fd, std::move(place));
      else
        ::close(fd);
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    if ((errno == EMFILE || errno == ENFILE) && makeRoom(deadlines_.all())) continue;
    // Out of descriptors or memory: the listener stays readable, so looking away for a moment avoids a busy loop.
    epoll_event event{};
    event.data.u64 = kListener;
    listener_paused_ = ::epoll_ctl(epoll_, EPOLL_CTL_MOD, listener_, &event) == 0;
    listener_resumes_ = deadlineIn(kListenerPauseMs);
    return;
  }
}

bool HttpReception::makeRoom(const HttpDeadlines::Queue& among, std::size_t most) {
  // In the order of deadlines: the first that is not being answered has made the least progress for longest.
  for (const auto& [deadline, id] : among) {
    if (most-- == 0) break;
    const HttpConnection::Phase phase = entries_.at(id).connection->phase();
    if (phase == HttpConnection::Phase::answering || phase == HttpConnection::Phase::sending) continue;
    drop(id);
    return true;
  }
  return false;
}

PeerLimit::Place HttpReception::placeFor(const std::string& peer) {
  if (!options_.peers) return {};
  const HttpDeadlines::Queue& held = deadlines_.of(peer);
  const std::size_t share = options_.peers->share();
  PeerLimit::Place place;
  if (!share || held.size() < share) place = options_.peers->enter(peer);
  if (place) return place;
  // Behind a tunnel everybody has one address, so there too the slowest goes and not who comes now. Whoever holds so
  // many must not make the search long: the first are the likely ones.
  if (makeRoom(held, kPeerScan)) place = options_.peers->enter(peer);
  if (!place) options_.peers->refuse(peer);
  return place;
}

void HttpReception::adopt(int fd, PeerLimit::Place place) {
  std::shared_ptr<const TlsContext> tls;
  {
    const std::lock_guard<std::mutex> lock(tls_mutex_);
    tls = tls_;
  }
  std::unique_ptr<Stream> stream;
  try {
    base::Result<ssl_st*> session = nullptr;
    if (tls) session = tls->newServerSession();
    if (session) stream = std::make_unique<Stream>(fd, *session);
  } catch (const std::bad_alloc&) {}
  if (!stream) {
    ::close(fd);  // no memory for a TLS session: this client is turned away, the others stay
    return;
  }
  const Id id = next_id_++;
  Entry entry;
  entry.connection = std::make_unique<HttpConnection>(std::move(stream), options_);
  entry.place = std::move(place);
  epoll_event event{};
  event.events = entry.events = EPOLLIN;
  event.data.u64 = id;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return;
  deadlines_.add(id, entry.timer = entry.connection->deadline(), entry.place.peer());
  entries_.emplace(id, std::move(entry));
  count_.store(entries_.size(), std::memory_order_relaxed);
}

void HttpReception::drop(Id id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  deadlines_.remove(id, found->second.timer, found->second.place.peer());
  entries_.erase(found);
  count_.store(entries_.size(), std::memory_order_relaxed);
}

void HttpReception::watch(Id id, Entry& entry, std::uint32_t events) {
  if (entry.events != events) {
    epoll_event event{};
    event.events = entry.events = events;
    event.data.u64 = id;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, entry.connection->fd(), &event);
  }
  const Deadline deadline = entry.connection->deadline();
  if (deadline != entry.timer) {
    deadlines_.remove(id, entry.timer, entry.place.peer());
    deadlines_.add(id, entry.timer = deadline, entry.place.peer());
  }
}

void HttpReception::serve(Id id, Entry& entry, HttpConnection::Want want) {
  using Want = HttpConnection::Want;
  if (stopping_ && want == Want::read && entry.connection->phase() == HttpConnection::Phase::receiving)
    want = Want::close;
  switch (want) {
    case Want::read: return watch(id, entry, EPOLLIN);
    case Want::write: return watch(id, entry, EPOLLOUT);
    case Want::answer: watch(id, entry, 0); return dispatch(id, *entry.connection);
    case Want::more: watch(id, entry, 0); return askForMore(id, *entry.connection);
    case Want::handOver:
      ::epoll_ctl(epoll_, EPOLL_CTL_DEL, entry.connection->fd(), nullptr);
      handOver(*entry.connection);
      return drop(id);
    case Want::close: return drop(id);
  }
}

void HttpReception::deliver(HttpMailbox::Answer answer) {
  const auto found = entries_.find(answer.connection);
  if (found == entries_.end()) return;
  HttpConnection& connection = *found->second.connection;
  // A ticket answers once and a late one finds its connection closing, so an answer that comes here is to this request.
  if (connection.phase() != HttpConnection::Phase::answering) return;
  using Kind = HttpMailbox::Answer::Kind;
  if ((answer.kind != Kind::reply) != connection.streaming()) return;
  if (answer.kind == Kind::broken)
    drop(answer.connection);
  else if (answer.kind != Kind::reply)
    serve(answer.connection, found->second, connection.part(answer.reply.body, answer.kind == Kind::last_part));
  else if (answer.upgrade)
    serve(answer.connection, found->second, connection.acceptUpgrade(answer.accept_key, std::move(answer.upgrade)));
  else
    serve(answer.connection, found->second, connection.reply(answer.reply, false));
}

void HttpReception::expireDue() {
  while (!deadlines_.all().empty() && remainingMs(deadlines_.all().begin()->first) == 0) {
    const Id id = deadlines_.all().begin()->second;
    guarded(id, [&, &entry = entries_.at(id)] {
      const Deadline before = entry.connection->deadline();
      const HttpConnection::Want want = entry.connection->expire();
      serve(id, entry, entry.connection->deadline() == before ? HttpConnection::Want::close : want);
    });
  }
}

}  // namespace hookswitch::net
