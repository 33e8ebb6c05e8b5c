// hookswitch-pace: how late a loop's turns of pacing are, for calls whose carrier is silent.
//
//   hookswitch-pace [CLIENTS] [SECONDS]
//
// Each client wants a turn every 20 ms; they are spread over the milliseconds in between, and do nothing in it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "host/base/loop.hpp"

namespace {

using hookswitch::base::Clock;
using hookswitch::base::Loop;

constexpr std::int64_t every_us = 20'000;

class Client final : public hookswitch::base::Paced {
 public:
  Client(Loop& loop, std::int64_t first_us, std::vector<std::int64_t>& late_us)
      : loop_(loop), due_us_(first_us), late_us_(late_us) {
    loop_.addPaced(*this);
    loop_.paceAt(*this, due_us_);
  }
  ~Client() override { loop_.removePaced(*this); }
  Client(const Client&) = delete;

 private:
  void pace(std::int64_t) override {
    late_us_.push_back(Clock::system().pacingUs() - due_us_);
    loop_.paceAt(*this, due_us_ += every_us);
  }
  Loop& loop_;
  std::int64_t due_us_;
  std::vector<std::int64_t>& late_us_;
};

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 1000, seconds = argc > 2 ? std::atoi(argv[2]) : 5;
  Loop loop("pace");
  std::vector<std::int64_t> late_us;
  std::vector<std::unique_ptr<Client>> clients;
  loop.post([&] {
    const std::int64_t first_us = (loop.pacingUs() / every_us + 2) * every_us;
    for (int i = 0; i < count; ++i)
      clients.push_back(std::make_unique<Client>(loop, first_us + i % 20 * 1000, late_us));
  });
  loop.start();
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  loop.stop();
  std::sort(late_us.begin(), late_us.end());
  if (late_us.empty()) return 1;
  const auto at = [&](std::size_t hundredth) { return double(late_us[late_us.size() * hundredth / 100]) / 1000; };
  std::printf("%zu turns of %d clients, late by %.2f ms (p50), %.2f ms (p99)\n", late_us.size(), count, at(50), at(99));
}
