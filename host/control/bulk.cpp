#include "host/control/bulk.hpp"

#include "host/base/log.hpp"
#include "host/control/component.hpp"
#include "host/control/hooks.hpp"
#include "host/control/lines.hpp"

namespace hookswitch::control {

using call::HookRow;

namespace {

constexpr std::size_t page = 200;

}  // namespace

/// A request on its way through the pages of the store.
struct Bulk::Request {
  HookAct act = HookAct::retry;
  std::string plugin;
  std::vector<HookRow::State> states;
  std::size_t done = 0;  ///< hooks that were changed
  std::size_t open = 0;  ///< of the page that is under way
  bool any = false;      ///< the page has changed something
  std::function<void(const Changed&)> over;
};

void Bulk::act(HookAct act, const std::string& plugin, bool waiting, bool dead,
               std::function<void(const Changed&)> over) {
  auto request = std::make_shared<Request>();
  request->act = act;
  request->plugin = plugin;
  request->over = std::move(over);
  // What waits in its line needs not be looked at to be tried again.
  if (waiting && act == HookAct::retry) request->done += lines_.tryAgain(plugin);
  if (waiting && act == HookAct::discard) request->states = {HookRow::State::pending, HookRow::State::retrying};
  if (dead) request->states.push_back(HookRow::State::dead);
  if (request->states.empty()) return request->over(request->done);
  nextPage(request);
}

void Bulk::nextPage(const std::shared_ptr<Request>& request) {
  ledger_.store().hooks(request->states, page, request->plugin, request->plugin.empty(),
                        [this, request](store::Answer<std::vector<store::Hook>> hooks) {
                          if (!hooks.readable) return request->over(refused(Why::unavailable, store_unreadable));
                          request->open = hooks.value.size() + 1;
                          request->any = false;
                          for (auto& hook : hooks.value)
                            hooks_.act(
                                hookId(hook.call, hook.phase, hook.plugin), request->act,
                                [this, request](const Accepted& done) { finishOne(request, bool(done)); }, true);
                          finishOne(request, false);
                        });
}

void Bulk::finishOne(const std::shared_ptr<Request>& request, bool changed) {
  request->done += changed;
  request->any = request->any || changed;
  if (--request->open) return;
  // Those that cannot be changed, such as hang-ups under way, stay in the list: a page of nothing else is the last one.
  if (request->any) return control_.post([this, request] { nextPage(request); });
  log::notice(component::calls,
              std::to_string(request->done) + " hooks" + (request->plugin.empty() ? "" : " of " + request->plugin) +
                  (request->act == HookAct::retry ? " are tried again, by the API" : " are discarded, by the API"));
  request->over(request->done);
}

}  // namespace hookswitch::control
