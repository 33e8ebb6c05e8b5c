// A control plane without sockets: plugins that live in the test, and everything behind the HTTP server.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hookswitch/out.hpp>

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/api/plugin_routes.hpp"
#include "host/api/rest_api.hpp"
#include "host/control/calls.hpp"
#include "tests/base/moved_clock.hpp"

namespace control_test {

using namespace hookswitch;
using base::Loop;

/// A plugin whose sessions do what the test says. Its functions are called on the host's threads; what they share with
/// the test goes through heard() or is touched inside World::on().
class FakePlugin {
 public:
  using Step = std::function<hks_status(const hks_msg&, hks::Out&)>;
  enum Kind { control_role, carrier_role, voice_role };

  explicit FakePlugin(std::string id);
  ~FakePlugin();

  std::string id;
  std::vector<plugin::Key> keys;
  std::vector<std::uint32_t> drafts;  ///< messages of draft.h that it does something with
  bool is_control = true, is_notifier = false, is_carrier = false, is_voice = false, refuses = false;

  /// Asked for at the start of the control session.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> hooks;  ///< phase, deadline_ms
  std::function<void(hks::Out&)> at_start;                     ///< routes and the like
  /// By default: hooks are done, a dial request is placed as "remote-1", "remote-2"...; a NULL function keeps silent.
  std::function<void(const hks_phase&, hks::Out&)> on_phase;
  std::function<void(const hks_call&, hks::Out&)> on_place;
  Step on_control, on_carrier, on_voice;  ///< before the defaults; HKS_UNSUPPORTED: go on with them
  std::function<void(hks::Out&)> once;    ///< set by World::make

  /// "phase notify/1", "place +15550100002", "request GET /path", "refused 503 <why>", else the type's name.
  std::vector<std::string> heard() const;
  std::size_t heard(const std::string& what) const;  ///< how many begin with it
  void forget();
  int opened(Kind kind) const;
  int closed(Kind kind) const;

  std::shared_ptr<const plugin::Library> library() const;

 private:
  template <int N, int K>
  struct Table;
  template <int... N>
  static const hks_role* tableOf(int slot, Kind kind, std::integer_sequence<int, N...>);
  hks_status step(Kind kind, const hks_msg& in, const hks_sink& sink);
  hks_status stepControl(const hks_msg& in, hks::Out& out);

  static constexpr int slots = 6;
  static FakePlugin* at[slots];
  int slot_ = -1, placed_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> heard_;
  int opened_[3] = {}, closed_[3] = {};
};

class World final : public control::Plugins::Listener {
 public:
  explicit World(store::StoreOptions stored = {});  ///< by default in memory
  ~World() override;
  /// Its threads have ended: nothing calls a test's functions any more. Once more does nothing.
  void stop();

  FakePlugin& carrier() { return *carrier_; }  ///< id "carrier": control and carrier, hooks HANGUP
  FakePlugin& voice() { return *voice_; }      ///< id "voice"
  FakePlugin& add(const std::string& id);      ///< before start()
  void start();

  /// Runs it on the control thread and waits for it.
  template <class F>
  auto on(F f) {
    std::promise<decltype(f())> promise;
    control.post([&] {
      if constexpr (std::is_void_v<decltype(f())>) {
        f();
        promise.set_value();
      } else
        promise.set_value(f());
    });
    return promise.get_future().get();
  }
  /// Lets the plugin's control session send something by itself.
  void make(const std::string& plugin, std::function<void(hks::Out&)> say);
  /// Waits until it is true, asked on the control thread; false when that takes unreasonably long.
  bool until(const std::function<bool()>& condition);
  /// The same, and meanwhile so much time passes at once on the clock of the control thread as it takes, a minute at
  /// most: for what comes by a timer.
  bool comes(const std::function<bool()>& condition);
  /// So much time has passed on that clock, and the timers that are due by then have fired.
  void pass(std::uint64_t ms);
  /// What was posted so far, and what that posted, has run.
  void settle();

  using Reply = std::future<net::HttpReply>;
  static net::HttpRequest request(const std::string& method, const std::string& target, const std::string& body = {},
                                  net::HttpHeaders headers = {});
  Reply ask(const std::string& method, const std::string& target, const std::string& body = {},
            net::HttpHeaders headers = {});
  /// Waits for the answer.
  net::HttpReply answer(const std::string& method, const std::string& target, const std::string& body = {},
                        net::HttpHeaders headers = {});
  std::string place();  ///< a call that the carrier took; its id
  std::string detail(const std::string& id) { return answer("GET", "/api/calls/" + id).body; }

  // Before start()
  control::CallDefaults defaults;
  call::TeardownLimits limits;
  std::string api_key;           ///< empty: private, and open
  store::Unfinished unfinished;  ///< what an earlier run is said to have left
  std::map<std::string, media::Settings> sections;

  base::IoPool io{4, 4096, "io", 2};  ///< a lane takes a part of it, as in the gateway
  base_test::MovedClock clock;
  Loop control{"control", clock};
  control::Services services{control, io, "https://gateway.example", "test"};
  std::unique_ptr<plugin::Registry> registry;
  call::Table table;
  store::Store store;
  control::Ledger ledger{control, store};
  std::unique_ptr<control::Plugins> plugins;
  std::unique_ptr<control::Calls> calls;
  std::unique_ptr<media::Plane> plane;
  api::Access access;
  std::unique_ptr<api::PluginRoutes> routes;
  std::unique_ptr<api::RestApi> api;
  std::atomic<int> drains{0};  ///< how often the API asked for a drain

 private:
  void onCallMessage(control::Session& session, const hks_msg& message) override {
    calls->onCallMessage(session, message);
  }
  void onHttpReply(control::Session& session, const hks_http& reply) override { routes->reply(session, reply); }
  void onSessionOpened(const std::string& plugin) override {
    if (calls) calls->sessionOpened(plugin);
  }
  std::vector<std::unique_ptr<FakePlugin>> fakes_;
  FakePlugin *carrier_, *voice_;
  bool stopped_ = false;
};

/// A test of one world. It has stopped before anything that belongs to the test is destroyed, also what a class made of
/// this one adds: a plugin's functions may run until then, whatever the test has waited for.
class WorldTest : public testing::Test {
 protected:
  void TearDown() override { world.stop(); }
  World world;
};

/// "call_id" of an answer's body, and the like: the text behind "name":" up to the next quote.
std::string field(const std::string& json, const std::string& name);

}  // namespace control_test
