// Hooks that wait or are dead, all of a plugin at once: page by page from the store, so that nobody waits behind
// thousands.
#include "host/base/log.hpp"
#include "host/control/calls.hpp"

namespace hookswitch::control {

using call::HookRow;

namespace {

constexpr const char* component = "calls";
constexpr std::size_t page = 200;

}  // namespace

/// One request on its way through the store.
struct Calls::Bulk {
  HookAct act = HookAct::retry;
  std::string plugin;
  std::vector<HookRow::State> states;
  std::size_t done = 0;  ///< hooks that were changed
  std::size_t open = 0;  ///< of the page that is under way
  bool any = false;      ///< the page has changed something
  std::string refusal;
  std::function<void(const Refusal&, std::size_t)> over;
};

void Calls::actOnHooks(HookAct act, const std::string& plugin, bool waiting, bool dead,
                       std::function<void(const Refusal&, std::size_t)> over) {
  auto bulk = std::make_shared<Bulk>();
  bulk->act = act;
  bulk->plugin = plugin;
  bulk->over = std::move(over);
  // What waits in its line needs not be looked at to be tried again.
  if (waiting && act == HookAct::retry) bulk->done += tryAgain(plugin);
  if (waiting && act == HookAct::discard) bulk->states = {HookRow::State::pending, HookRow::State::retrying};
  if (dead) bulk->states.push_back(HookRow::State::dead);
  if (bulk->states.empty()) return bulk->over({}, bulk->done);
  nextPage(bulk);
}

void Calls::nextPage(const std::shared_ptr<Bulk>& bulk) {
  ledger_.store().hooks(bulk->states, page, bulk->plugin, bulk->plugin.empty(),
                        [this, bulk](store::Answer<std::vector<store::Hook>> hooks) {
                          if (!hooks.readable) return bulk->over({503, store_unreadable}, bulk->done);
                          bulk->open = hooks.value.size() + 1;
                          bulk->any = false;
                          auto finish = [this, bulk](bool changed) {
                            bulk->done += changed;
                            bulk->any = bulk->any || changed;
                            if (--bulk->open) return;
                            // Those that cannot be changed, such as hang-ups under way, stay in the list: a page of
                            // nothing else is the last one.
                            if (bulk->any) return control_.post([this, bulk] { nextPage(bulk); });
                            log::notice(component, std::to_string(bulk->done) + " hooks" +
                                                       (bulk->plugin.empty() ? "" : " of " + bulk->plugin) +
                                                       (bulk->act == HookAct::retry ? " are tried again, by the API"
                                                                                    : " are discarded, by the API"));
                            bulk->over({}, bulk->done);
                          };
                          for (auto& hook : hooks.value)
                            actOnHook(
                                hookId(hook.call, hook.phase, hook.plugin), bulk->act,
                                [finish](const Refusal& no) { finish(!no.status); }, true);
                          finish(false);
                        });
}

}  // namespace hookswitch::control
