#include "host/net/http_client.hpp"

#include "host/net/connect.hpp"
#include "host/net/http_exchange.hpp"
#include "host/net/http_grammar.hpp"
#include "host/net/stream.hpp"
#include "host/net/tls.hpp"
#include "host/net/url.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace hookswitch::net {

namespace {

constexpr std::size_t kIdlePerOrigin = 16;  // as many as a lane of the io threads has in flight (host/app/gateway.cpp)
constexpr std::size_t kIdleInAll = 64;
/// Servers close idle connections after 5 to 60 seconds. A request that must not be repeated takes a connection only
/// while it is fresh, so that "sent, but nobody knows" stays rare.
constexpr std::chrono::seconds kMaxIdle{10};
constexpr std::chrono::seconds kMaxIdleUnrepeatable{3};

bool isIdempotent(std::string_view method) {
  static constexpr std::string_view methods[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
  return std::find(std::begin(methods), std::end(methods), method) != std::end(methods);
}

Poco::Net::HTTPRequest requestFor(const HttpCall& call, const Url& url) {
  Poco::Net::HTTPRequest request(call.method, url.target, Poco::Net::HTTPMessage::HTTP_1_1);
  request.set("Host", url.hostHeader());
  for (const auto& [name, value] : call.headers) {
    if (equalsIgnoreCase(name, "Host") || equalsIgnoreCase(name, "Content-Length") ||
        equalsIgnoreCase(name, "Connection") || equalsIgnoreCase(name, "Transfer-Encoding"))
      continue;
    request.add(name, value);
  }
  if (!call.body.empty() || call.method == "POST" || call.method == "PUT" || call.method == "PATCH")
    request.setContentLength(static_cast<std::streamsize>(call.body.size()));
  request.set("Connection", "keep-alive");
  return request;
}

}  // namespace

struct HttpClient::Impl {
  struct Idle {
    std::unique_ptr<Stream> stream;
    Clock::time_point since;
  };
  using Key = std::pair<std::string, const TlsContext*>;

  std::mutex mutex;
  std::multimap<Key, Idle> idle;
  /// Keeps the contexts that keys point to: a new context at an old address must not inherit its connections.
  std::map<const TlsContext*, std::shared_ptr<const TlsContext>> contexts;

  /// Silence is health. Bytes nobody asked for, or the end, mean that it cannot be used. Also reads TLS tickets.
  static bool silent(Stream& stream) {
    char byte;
    return stream.read(&byte, 1).status == IoStatus::wantRead;
  }

  std::unique_ptr<Stream> borrow(const Key& key, bool repeatable) {
    const auto oldest = Clock::now() - (repeatable ? kMaxIdle : kMaxIdleUnrepeatable);
    for (;;) {
      std::unique_ptr<Stream> candidate;
      {
        const std::lock_guard<std::mutex> lock(mutex);
        auto [first, last] = idle.equal_range(key);
        if (first == last) return nullptr;
        const auto youngest = std::prev(last);
        if (youngest->second.since < oldest) return nullptr;
        candidate = std::move(youngest->second.stream);
        idle.erase(youngest);
      }
      if (silent(*candidate)) return candidate;
    }
  }

  void giveBack(const Key& key, const std::shared_ptr<const TlsContext>& context, std::unique_ptr<Stream> stream) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (idle.size() >= kIdleInAll || idle.count(key) >= kIdlePerOrigin) return;
    if (context) contexts.emplace(context.get(), context);
    idle.emplace(key, Idle{std::move(stream), Clock::now()});
  }

  void closeStale(Deadline now) {
    std::vector<Idle> closed;  // destroyed outside the lock
    const std::lock_guard<std::mutex> lock(mutex);
    const auto oldest = now - kMaxIdle;
    for (auto entry = idle.begin(); entry != idle.end();) {
      if (entry->second.since < oldest || !silent(*entry->second.stream)) {
        closed.push_back(std::move(entry->second));
        entry = idle.erase(entry);
      } else {
        ++entry;
      }
    }
    for (auto context = contexts.begin(); context != contexts.end();)
      context = std::any_of(idle.begin(), idle.end(), [&](auto& entry) { return entry.first.second == context->first; })
                    ? std::next(context)
                    : contexts.erase(context);
  }

  HttpResult perform(const HttpCall& call);
  HttpResult attempt(const HttpCall& call, const Url& url, Deadline deadline, bool fresh, bool& repeat);
};

HttpResult HttpClient::Impl::attempt(const HttpCall& call, const Url& url, Deadline deadline, bool fresh,
                                     bool& repeat) {
  HttpResult result;
  const Key key(url.origin(), url.tls() ? call.tls.get() : nullptr);
  const bool repeatable = isIdempotent(call.method);
  std::unique_ptr<Stream> stream = fresh ? nullptr : borrow(key, repeatable);
  const bool reused = stream != nullptr;
  if (!reused) {
    auto opened = openStream(url, call.tls, deadline);
    if (!opened) {
      result.error = opened.error().error;
      result.timed_out = opened.error().timed_out;
      return result;
    }
    stream = *std::move(opened);
  }

  HttpExchange exchange(*stream, deadline);
  Poco::Net::HTTPRequest request = requestFor(call, url);
  bool good = exchange.send(request, call.body) && exchange.readHead() && exchange.status() != 101;
  good = good && exchange.readBody(call.method, call.max_response_bytes);
  result.sent = exchange.connection().sent() > 0;
  result.timed_out = exchange.connection().timedOut();
  if (!good) {
    repeat = reused && !exchange.connection().answered() && !result.timed_out && (!result.sent || repeatable);
    const std::string& reason = exchange.error();
    result.error =
        "No answer from " + url.origin() + ": " + (reason.empty() ? "it switched to another protocol unasked" : reason);
    return result;
  }
  result.status = exchange.status();
  result.headers = std::move(exchange.headers());
  result.body = std::move(exchange.body());
  if (exchange.reusable()) giveBack(key, url.tls() ? call.tls : nullptr, std::move(stream));
  return result;
}

HttpResult HttpClient::Impl::perform(const HttpCall& call) {
  HttpResult result;
  const auto parsed = parseUrl(call.url);
  if (!parsed) {
    result.error = parsed.error();
    return result;
  }
  const Url& url = *parsed;
  if (url.webSocket()) {
    result.error = "The URL must begin with http:// or https://";
    return result;
  }
  if (!isToken(call.method)) {
    result.error = "The method of the request is not a token";
    return result;
  }
  if (const auto safe = headersAreSafe(call.headers); !safe) {
    result.error = safe.error();
    return result;
  }
  const Deadline deadline = deadlineIn(call.timeout_ms);
  bool repeat = false;
  result = attempt(call, url, deadline, false, repeat);
  if (repeat) result = attempt(call, url, deadline, true, repeat);
  return result;
}

HttpClient::HttpClient() : impl_(std::make_unique<Impl>()) {}
HttpClient::~HttpClient() = default;

HttpResult HttpClient::perform(const HttpCall& call) {
  try {
    return impl_->perform(call);
  } catch (const std::exception& e) {  // out of memory or threads: the caller still gets its answer
    HttpResult result;
    result.error = std::string("The request could not be made: ") + e.what();
    result.sent = true;  // not known at this point, so the answer that forbids a blind repetition
    return result;
  }
}

void HttpClient::closeStale(Deadline now) { impl_->closeStale(now); }

std::size_t HttpClient::idle() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->idle.size();
}

HttpClient& httpClient() {
  static HttpClient shared;
  return shared;
}

HttpResult perform(const HttpCall& call) { return httpClient().perform(call); }

}  // namespace hookswitch::net
