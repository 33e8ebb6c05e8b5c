// What must hold after every fault: the leg is over and confirmed soon after the carrier can be reached, and every
// receiver has its event exactly once by id.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/system/world.hpp"

namespace system_test {

/// How long an end may take from the moment on in which the carrier can be reached; 5 s without a sanitizer.
extern const int end_bound_ms;

class Faults : public ::testing::Test {
 protected:
  /// A world with the witness, whose clocks can be moved.
  static WorldOptions options(std::vector<std::string> settings = {});
  /// From now on legs stay up, silent, when their stream is gone: only the carrier's word ends them.
  static void holdLegs(World& world) { world.command("twilio/plan", {{"media_loss_keeps_call", true}}); }
  /// The only call that has ended.
  static std::string theEndedCall(const World& world);
  /// Ask for the end without caring what the answer is: 200, or 502 while the carrier is away.
  static void end(World& world, const std::string& id) { world.post("/api/calls/" + id + "/end"); }

  /// The carrier can be reached from now on: wait for the end, within the bound, then for all hooks; compare.
  /// `repeats`: deliveries beyond the first that the fault itself explains (an answer that was lost), to receivers that
  /// cannot look at event ids.
  static Json expectOver(World& world, const std::string& id, int repeats = 0);
  static void expectAllOver(World& world, const std::vector<std::string>& ids);
  static void expectToldOnce(World& world, const std::string& id, int repeats = 0);
  /// Let time pass second by second, faster than it does, until something holds.
  template <class Predicate>
  static bool pass(World& world, Predicate holds) {
    return until([&] {
      if (holds()) return true;
      world.moveClocks(1000, 1000);
      return false;
    });
  }
  /// How often the carrier was asked, by operation: create fetch update list.
  static int asked(const World& world, const std::string& operation);
};

}  // namespace system_test
