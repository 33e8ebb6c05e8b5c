// The generator: carrier, model and the clock by which callers and models speak, in one thread.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/storm/carrier.hpp"
#include "tests/bench/storm/model.hpp"

namespace storm {

/// What is to be carried.
struct Load {
  Form form = Form::pcmu;
  Mode mode = Mode::echo;
  bool tls = false;  ///< to the model
};

class Rig {
 public:
  /// `tls`: of the model's side; null: plain.
  Rig(const Load& load, SSL_CTX* tls);

  Scene& scene() { return scene_; }
  Carrier& carrier() { return carrier_; }
  int modelPort() const { return model_.port(); }

  /// One more call, and the request for it.
  Call& place();
  /// Goes on until `holds` or for so long; whether it holds. It is asked once a round.
  bool go(std::int64_t ns, const std::function<bool()>& holds = nullptr);
  /// `count` more calls, at most `at_once` of them being set up, until they are up and what they say comes back. One
  /// that is refused because the gateway is busy is asked for again.
  bool bringUp(std::size_t count, std::size_t at_once, std::int64_t limit_ns);
  /// Nobody speaks any more, and what is under way arrives; what did not come counts as missing.
  void drain(std::int64_t limit_ns);
  void feedEarly() { feed_early_ = true; }  ///< callers speak as soon as their stream is open
  std::size_t lostCalls() const;
  bool primed() const;

 private:
  void askAgain(std::int64_t now_ns);
  std::int64_t pace(std::int64_t now_ns);

  Scene scene_;
  Model model_;
  Carrier carrier_;
  std::array<std::vector<Call*>, 20> slots_;
  std::int64_t base_ns_, next_tick_ = 0;
  bool feed_early_ = false;
};

}  // namespace storm
