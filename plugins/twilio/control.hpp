// The control session: webhooks, dialling, hanging up, settling.
#pragma once

#include "plugins/twilio/acts.hpp"
#include "plugins/twilio/dialler.hpp"
#include "plugins/twilio/look_up.hpp"
#include "plugins/twilio/ports.hpp"
#include "plugins/twilio/progress.hpp"
#include "plugins/twilio/settle.hpp"
#include "plugins/twilio/sweep.hpp"
#include "plugins/twilio/transfers.hpp"
#include "plugins/twilio/webhook.hpp"

#include <hookswitch/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>

namespace hookswitch::twilio {

/// Keeps no state that matters across a reload of the configuration, but for dialling that is under way and incoming
/// calls that wait for the host's word. [control]
class Control final : public hks::Session, private Ports {
 public:
  static constexpr std::size_t kMaxOffers = 1024;  ///< incoming calls that wait for the host's word

  void onStart(const hks_start& start, hks::Out& out) override;
  void onHttpRequest(const hks_http& request, hks::Out& out) override;
  void onAccepted(const hks_call& call, hks::Out& out) override;
  void onRefused(const hks_refusal& end, hks::Out& out) override;
  void onPlace(const hks_call& call, hks::Out& out) override;
  void onPhase(const hks_phase& phase, hks::Out& out) override;
  void onDraft(const hks_msg* in, hks::Out& out) override;
  void onSweep(std::uint64_t id, hks::Out& out) override { sweeper_.sweep(id, out); }
  void onTimer(std::uint64_t id, hks::Out& out) override;

 private:
  void onUpgrade(const hks_http& request, hks::Out& out);
  void onVoice(const hks_http& request, const Webhook& webhook, bool wanted, hks::Out& out);
  void onStatus(const hks_http& request, const Webhook& webhook, hks::Out& out);
  void onAfterDial(const hks_http& request, const Webhook& webhook, hks::Out& out);
  void onStreamStatus(const hks_http& request, const Webhook& webhook, hks::Out& out);
  void offer(const hks_http& request, const Webhook& webhook, hks::Out& out);

  bool perform(hks::Out& out, const Request& request, Ports::Then then) override;
  bool after(hks::Out& out, std::uint64_t ms, std::function<void(hks::Out&)> then) override;
  std::uint64_t random(std::uint64_t below) override;
  const Config& config() const override { return config_; }

  Config config_;
  std::string public_url_;
  std::mt19937_64 chance_;
  LookUp look_up_{*this};
  Progress progress_;
  Dialler dialler_{*this, look_up_};
  Children children_{*this};
  Transfers transfers_{children_};
  Settler settler_{*this, look_up_, progress_, children_};
  Sweeper sweeper_{*this, look_up_};
  Acts acts_{*this};
  std::map<std::uint64_t, std::function<void(hks::Out&)>> timers_;
  std::map<std::uint64_t, std::uint64_t> offers_;  // offer -> HTTP request that waits for its answer
  std::uint64_t last_timer_ = 0, last_offer_ = 0;
  std::uint64_t refusals_ = 0;
  bool upgrade_noted_ = false;
};

}  // namespace hookswitch::twilio
