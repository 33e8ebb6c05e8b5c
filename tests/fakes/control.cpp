#include "tests/fakes/control.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace fakes {

namespace {

using Json = nlohmann::json;
constexpr std::size_t events_kept = 20000;
constexpr std::uint32_t longest_wait_ms = 60000;

Response answer(unsigned status, const Json& body) {
  Response response;
  response.status = status;
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return response;
}

Response refusal(unsigned status, const std::string& why) { return answer(status, Json{{"error", why}}); }

std::uint64_t number(const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10); }

}  // namespace

struct Control::Impl : std::enable_shared_from_this<Control::Impl> {
  struct Waiter {
    std::uint64_t since;
    Server::Reply reply;
    Loop::TimerId timer;
  };

  explicit Impl(Loop& the_loop) : loop(the_loop) {}
  void handle(const Request& request, const Server::Reply& reply);
  Response route(const Request& request);
  void wait(const Request& request, const Server::Reply& reply);
  Response eventsAfter(std::uint64_t since) const;
  void resetAll() {
    for (auto& [name, fake] : fakes) fake.reset();
    events.clear();
  }

  Loop& loop;
  std::map<std::string, Fake> fakes;
  std::deque<Json> events;
  std::uint64_t last_event = 0;
  std::map<std::uint64_t, Waiter> waiters;
  std::uint64_t next_waiter = 1;
  std::unique_ptr<Server> server;
};

Control::Control(Loop& loop, std::uint16_t port) : impl_(std::make_shared<Impl>(loop)) {
  Server::Handlers handlers;
  handlers.onRequest = [weak = std::weak_ptr<Impl>(impl_)](const Request& request, Server::Reply reply) {
    if (auto impl = weak.lock()) impl->handle(request, reply);
  };
  impl_->server = std::make_unique<Server>(loop, port, std::move(handlers));
}

Control::~Control() = default;

std::uint16_t Control::port() const { return impl_->server->port(); }

void Control::add(const std::string& name, Fake fake) { impl_->fakes[name] = std::move(fake); }

void Control::event(const std::string& fake, const std::string& kind, Json what) {
  what["n"] = ++impl_->last_event;
  what["fake"] = fake;
  what["event"] = kind;
  what["at_ms"] = impl_->loop.nowUs() / 1000;
  impl_->events.push_back(std::move(what));
  if (impl_->events.size() > events_kept) impl_->events.pop_front();
  if (impl_->waiters.empty()) return;
  // Whoever waited gets it; whoever asks again while answering is served from the list.
  auto waiting = std::exchange(impl_->waiters, {});
  for (auto& [id, waiter] : waiting) {
    impl_->loop.cancel(waiter.timer);
    waiter.reply(impl_->eventsAfter(waiter.since));
  }
}

Response Control::Impl::eventsAfter(std::uint64_t since) const {
  Json list = Json::array();
  for (const Json& one : events)
    if (one["n"].get<std::uint64_t>() > since) list.push_back(one);
  return answer(200, Json{{"events", std::move(list)}, {"last", last_event}});
}

void Control::Impl::wait(const Request& request, const Server::Reply& reply) {
  const std::uint64_t since = number(request.query("since"));
  const auto timeout = std::uint32_t(std::min<std::uint64_t>(number(request.query("timeout_ms")), longest_wait_ms));
  if (since < last_event || timeout == 0) return reply(eventsAfter(since));
  const std::uint64_t id = next_waiter++;
  const auto timer = loop.after(timeout, [weak = weak_from_this(), id] {
    auto impl = weak.lock();
    if (!impl) return;
    const auto found = impl->waiters.find(id);
    if (found == impl->waiters.end()) return;
    const Waiter waiter = std::move(found->second);
    impl->waiters.erase(found);
    waiter.reply(impl->eventsAfter(waiter.since));
  });
  waiters[id] = Waiter{since, reply, timer};
}

void Control::Impl::handle(const Request& request, const Server::Reply& reply) {
  if (request.method == "GET" && request.path() == "/events") return wait(request, reply);
  try {
    reply(route(request));
  } catch (const std::invalid_argument& error) {
    reply(refusal(400, error.what()));
  } catch (const Json::exception& error) {
    reply(refusal(400, std::string("the body has a field of the wrong type: ") + error.what()));
  }
}

Response Control::Impl::route(const Request& request) {
  const std::string path = request.path();
  if (request.method == "GET" && path == "/") {
    Json list = Json::object();
    for (const auto& [name, fake] : fakes) list[name] = Json{{"port", fake.port}};
    return answer(200, list);
  }
  if (request.method == "GET" && path == "/state") {
    Json all = Json::object();
    for (const auto& [name, fake] : fakes) all[name] = fake.state();
    return answer(200, all);
  }
  if (request.method == "POST" && path == "/reset") {
    resetAll();
    return answer(200, Json::object());
  }
  const auto slash = path.find('/', 1);
  const auto found = fakes.find(path.substr(1, slash == std::string::npos ? slash : slash - 1));
  if (found == fakes.end() || slash == std::string::npos)
    return refusal(404, "no '" + path + "' here: GET / lists the fakes");
  const std::string rest = path.substr(slash + 1);
  Fake& fake = found->second;
  if (request.method == "GET") {
    if (rest == "state") return answer(200, fake.state());
    return fake.get ? fake.get(request, rest) : refusal(404, found->first + " has nothing at '" + rest + "'");
  }
  if (request.method != "POST") return refusal(405, "GET or POST, not " + request.method);
  if (rest == "reset") {
    fake.reset();
    return answer(200, Json::object());
  }
  Json args = request.body.empty() ? Json::object() : Json::parse(request.body, nullptr, false);
  if (!args.is_object()) return refusal(400, "the body of " + path + " must be a JSON object");
  return answer(200, fake.command(rest, args));
}

}  // namespace fakes
