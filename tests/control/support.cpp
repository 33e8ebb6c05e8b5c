#include "tests/control/support.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace control_test {

using plugin::view;

namespace {

struct Opened {
  FakePlugin* plugin;
};

std::string describe(const hks_msg& in) {
  switch (in.type) {
    case HKS_CALL_PHASE: {
      auto& m = reinterpret_cast<const hks_phase&>(in);
      return std::string("phase ") + call::name(static_cast<call::Phase>(m.phase)) + "/" + std::to_string(m.attempt);
    }
    case HKS_CALL_PLACE: return "place " + std::string(view(reinterpret_cast<const hks_call&>(in).to_number));
    case HKS_CALL_REFUSED: {
      auto& m = reinterpret_cast<const hks_refusal&>(in);
      return "refused " + std::to_string(m.http_status) + " " + std::string(view(m.reason));
    }
    case HKS_CALL_ACCEPTED: return "accepted " + std::string(view(reinterpret_cast<const hks_call&>(in).remote_id));
    case HKS_HTTP_REQUEST: {
      auto& m = reinterpret_cast<const hks_http&>(in);
      return "request " + std::string(view(m.method)) + " " + std::string(view(m.url)) +
             (m.call ? " of " + std::string(view(m.call->call)) : "") + (m.flags & HKS_HTTP_UPGRADE ? " upgrade" : "");
    }
    case HKS_NOTICE: return "NOTICE " + std::string(view(reinterpret_cast<const hks_notice&>(in).text));
    case HKS_TRANSCRIPT: return "TRANSCRIPT " + std::string(view(reinterpret_cast<const hks_transcript&>(in).text));
    case HKS_TOOL_CALL: return "TOOL_CALL " + std::string(view(reinterpret_cast<const hks_tool_call&>(in).name));
    default: return plugin::typeName(in.type);
  }
}

}  // namespace

FakePlugin* FakePlugin::at[slots] = {};

template <int N, int K>
struct FakePlugin::Table {
  static hks_session* open() {
    FakePlugin& p = *at[N];
    if (p.refuses) return nullptr;
    std::lock_guard<std::mutex> lock(p.mutex_);
    ++p.opened_[K];
    return reinterpret_cast<hks_session*>(new Opened{&p});
  }
  static hks_status step(hks_session* s, const hks_msg* in, const hks_sink* out) {
    return reinterpret_cast<Opened*>(s)->plugin->step(static_cast<Kind>(K), *in, *out);
  }
  static void close(hks_session* s) {
    auto* opened = reinterpret_cast<Opened*>(s);
    {
      std::lock_guard<std::mutex> lock(opened->plugin->mutex_);
      ++opened->plugin->closed_[K];
    }
    delete opened;
  }
  static inline const hks_role role{open, step, close};
};

template <int... N>
const hks_role* FakePlugin::tableOf(int slot, Kind kind, std::integer_sequence<int, N...>) {
  const hks_role* tables[][3] = {{&Table<N, 0>::role, &Table<N, 1>::role, &Table<N, 2>::role}...};
  return tables[slot][kind];
}

FakePlugin::FakePlugin(std::string name) : id(std::move(name)) {
  for (int i = 0; i < slots && slot_ < 0; ++i)
    if (!at[i]) slot_ = i;
  if (slot_ < 0) throw std::logic_error("too many fake plugins at once");
  at[slot_] = this;
  keys.push_back({"enabled", "true", "", HKS_BOOLEAN, false, false, {}});
  on_phase = [](const hks_phase& p, hks::Out& out) { out.hookDone(p.msg.id); };
  on_place = [this](const hks_call& c, hks::Out& out) { out.placed(c.msg.id, "remote-" + std::to_string(++placed_)); };
}

FakePlugin::~FakePlugin() { at[slot_] = nullptr; }

std::shared_ptr<const plugin::Library> FakePlugin::library() const {
  auto lib = std::make_shared<plugin::Library>();
  const auto all = std::make_integer_sequence<int, slots>();
  lib->file = "/plugins/" + id + ".so";
  lib->id = id;
  lib->name = "Fake " + id;
  lib->version = "1";
  lib->abi = "1.0";
  lib->keys = keys;
  lib->drafts = drafts;
  if (is_control || is_notifier) lib->control = tableOf(slot_, control_role, all);
  lib->notifier = is_notifier;
  if (is_carrier) lib->carrier = tableOf(slot_, carrier_role, all);
  if (is_voice) lib->voice = tableOf(slot_, voice_role, all);
  return lib;
}

hks_status FakePlugin::step(Kind kind, const hks_msg& in, const hks_sink& sink) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    heard_.push_back(describe(in));
  }
  hks::Out out(&sink);
  const Step& own = kind == control_role ? on_control : kind == carrier_role ? on_carrier : on_voice;
  if (own)
    if (const hks_status status = own(in, out); status != HKS_UNSUPPORTED) return status;
  return kind == control_role ? stepControl(in, out) : hks_status(HKS_OK);
}

hks_status FakePlugin::stepControl(const hks_msg& in, hks::Out& out) {
  switch (in.type) {
    case HKS_START:
      for (auto& [phase, deadline] : hooks) out.hook(phase, deadline);
      if (at_start) at_start(out);
      break;
    case HKS_CALL_PHASE:
      if (on_phase) on_phase(reinterpret_cast<const hks_phase&>(in), out);
      break;
    case HKS_CALL_PLACE:
      if (on_place) on_place(reinterpret_cast<const hks_call&>(in), out);
      break;
    case HKS_TIMER_FIRED:
      if (auto say = std::exchange(once, nullptr)) say(out);
      break;
    default: break;
  }
  return HKS_OK;
}

std::vector<std::string> FakePlugin::heard() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return heard_;
}
std::size_t FakePlugin::heard(const std::string& what) const {
  std::size_t count = 0;
  for (auto& h : heard()) count += h.compare(0, what.size(), what) == 0;
  return count;
}
void FakePlugin::forget() {
  std::lock_guard<std::mutex> lock(mutex_);
  heard_.clear();
}
int FakePlugin::opened(Kind kind) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return opened_[kind];
}
int FakePlugin::closed(Kind kind) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return closed_[kind];
}

World::World(store::StoreOptions stored)
    : store(std::move(stored), [this](std::function<void()> task) { control.post(std::move(task)); }) {
  carrier_ = &add("carrier");
  carrier_->is_carrier = true;
  carrier_->hooks = {{HKS_PHASE_HANGUP, 5000}};
  carrier_->at_start = [](hks::Out& out) { out.endpoint("/carrier/stream/{token}"); };
  voice_ = &add("voice");
  voice_->is_control = false;
  voice_->is_voice = true;
  defaults.carrier = "carrier";
  defaults.voice = "voice";
  defaults.public_url = "https://gateway.example";
  defaults.version = "test";
}

World::~World() {
  stop();
  plane.reset();  // what is left on the loops speaks to the calls
  calls.reset();
  plugins.reset();
}

void World::stop() {
  if (std::exchange(stopped_, true)) return;
  if (plane) plane->stop();
  if (plugins) on([&] { plugins->stop(); });
  io.stop(base::IoPool::Stop::abandon);
  control.stop();
  store.stop();
}

FakePlugin& World::add(const std::string& id) {
  fakes_.push_back(std::make_unique<FakePlugin>(id));
  return *fakes_.back();
}

void World::start() {
  std::vector<plugin::Found> found;
  for (auto& fake : fakes_) found.push_back({"/plugins/" + fake->id + ".so", fake->library(), {}});
  registry = std::make_unique<plugin::Registry>(std::move(found));
  plugins = std::make_unique<control::Plugins>(services, *registry, *this);
  calls = std::make_unique<control::Calls>(control, *plugins, table, ledger, defaults, limits);
  plane = std::make_unique<media::Plane>(1, io, calls->mediaEvents());
  calls->setPlane(*plane);
  routes = std::make_unique<api::PluginRoutes>(control, *plugins, table,
                                               [this](const net::HttpRequest& r) { return access.admits(r); });
  if (api_key.empty())
    access.set({{}, true});
  else
    access.set({{api_key}, false});
  api::Host host;
  host.drain = [this] { ++drains; };
  host.offload = [this](base::IoPool::Task task) { io.post(std::move(task)); };
  api = std::make_unique<api::RestApi>(control, *calls, *plugins, *routes, access, std::move(host),
                                       !defaults.public_url.empty());
  control.start();
  store.start();
  plane->start();
  on([&] {
    plugins->configure(sections);
    calls->recover(std::move(unfinished));
  });
}

void World::make(const std::string& plugin, std::function<void(hks::Out&)> say) {
  on([&] {
    for (auto& fake : fakes_)
      if (fake->id == plugin) fake->once = std::move(say);
    const hks_msg fired{sizeof(hks_msg), HKS_TIMER_FIRED, 4711};
    if (auto* session = plugins->session(plugin))
      session->step(fired);
    else
      ADD_FAILURE() << plugin << " has no session";
  });
  settle();
}

bool World::until(const std::function<bool()>& condition) {
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!on(condition)) {
    if (std::chrono::steady_clock::now() > patience) return false;
    std::this_thread::yield();
  }
  return true;
}

bool World::comes(const std::function<bool()>& condition) {
  for (int step = 0; step < 600; ++step) {
    settle();
    if (on(condition)) return true;
    pass(100);
  }
  return false;
}

void World::pass(std::uint64_t ms) {
  clock.pass(std::int64_t(ms));
  // The first task ends a look that began before; timers follow the second, which was found by a look at the new time.
  for (int i = 0; i < 3; ++i) on([] {});
}

void World::settle() {
  for (int i = 0; i < 12; ++i) {
    // What waits for the disk runs before the answer to this, which is given behind it.
    auto written = std::make_shared<std::promise<void>>();
    store.put({}, [written](bool) { written->set_value(); });
    written->get_future().wait();
    on([] {});
  }
}

net::HttpRequest World::request(const std::string& method, const std::string& target, const std::string& body,
                                net::HttpHeaders headers) {
  net::HttpRequest r;
  r.method = method;
  r.target = target;
  r.body = body;
  r.headers = std::move(headers);
  r.headers.emplace_back("Host", "localhost:8080");
  r.peer_ip = "127.0.0.1";
  r.peer_loopback = true;
  return r;
}

World::Reply World::ask(const std::string& method, const std::string& target, const std::string& body,
                        net::HttpHeaders headers) {
  auto promise = std::make_shared<std::promise<net::HttpReply>>();
  auto once = std::make_shared<std::once_flag>();
  Reply reply = promise->get_future();
  api->handleLater(
      std::make_shared<const net::HttpRequest>(request(method, target, body, std::move(headers))),
      [promise, once](net::HttpReply r) { std::call_once(*once, [&] { promise->set_value(std::move(r)); }); });
  return reply;
}

net::HttpReply World::answer(const std::string& method, const std::string& target, const std::string& body,
                             net::HttpHeaders headers) {
  Reply reply = ask(method, target, body, std::move(headers));
  if (reply.wait_for(std::chrono::seconds(20)) == std::future_status::ready) return reply.get();
  ADD_FAILURE() << method << " " << target << " was not answered";
  return {};
}

std::string World::place() {
  const net::HttpReply reply = answer("POST", "/api/call", R"({"to":"+15550100002"})");
  EXPECT_EQ(reply.status, 201) << reply.body;
  return field(reply.body, "call_id");
}

std::string field(const std::string& json, const std::string& name) {
  const std::string key = "\"" + name + "\":\"";
  const std::size_t begin = json.find(key);
  if (begin == std::string::npos) return {};
  return json.substr(begin + key.size(), json.find('"', begin + key.size()) - begin - key.size());
}

}  // namespace control_test
