// After an outage: thousands of notifications, the gateway's line in front of the plugin, and Telegram's own pace.
#include "tests/plugins/telegram/bot.hpp"

#include <gmock/gmock.h>

#include "host/control/hook_line.hpp"

#include <deque>

namespace hookswitch::telegram {
namespace {

using call::Action;
using control::HookLine;

constexpr std::uint64_t kHour = 3600000, kEpoch = 1700000000000;

/// The ledger and the line of the host, the plugin, and a Telegram that enforces what it allows.
class Host {
 public:
  explicit Host(Pairs settings, std::size_t per_minute)
      : bot(std::move(settings)), line(control::LineLimits{}, 7), per_minute_(per_minute) {
    bot.service = [this](const Bot::Sent& s) { return service(s); };
  }

  void end(std::uint64_t n) {
    const std::string call = name(n);
    record[call] = callRecord(call, 2);
    record[call].ended_unix_ms = kEpoch + bot.player.now();
    Action a = action(Action::Came::fresh, std::int64_t(bot.player.now()));
    line.put({call}, a, bot.player.now());
    first_[call] = std::int64_t(bot.player.now());
    pump();
  }
  void pass(std::uint64_t ms) {
    const std::uint64_t until = bot.player.now() + ms;
    while (bot.player.now() < until) {
      pump();
      bot.wait(100);
      verdicts();
      deadlines();
    }
  }
  static std::string name(std::uint64_t n) { return "call-" + std::to_string(n) + "."; }

  Bot bot;
  HookLine line;
  std::map<std::string, Record> record;
  std::map<std::string, std::uint32_t> attempts;
  std::vector<std::string> arrived;  // calls, as Telegram has taken them
  std::size_t too_fast = 0, attempts_in_all = 0, most_in_hand = 0, dead = 0;
  bool down = false;
  std::map<std::string, std::string> memo;

 private:
  struct Asked {
    std::string call;
    std::uint64_t at;
  };
  Action action(Action::Came came, std::int64_t first) {
    Action a{Action::Kind::line_up};
    a.came = came;
    a.first_ms = first;
    a.expires_ms = std::uint64_t(first) + 72 * kHour;
    return a;
  }
  void pump() {
    while (const auto next = line.next(bot.player.now())) {
      if (next->expired) {
        ++dead;
        line.conclude(next->key);
        continue;
      }
      const std::string& call = next->key.call;
      asked_[++hook_] = {call, bot.player.now()};
      ++attempts_in_all;
      most_in_hand = std::max(most_in_hand, line.inHand());
      bot.give(hook_, record[call], kEpoch + bot.player.now(), ++attempts[call], memo[call]);
      verdicts();
    }
  }
  void verdicts() {
    for (; seen_ < bot.done.size(); ++seen_) {
      const auto& d = bot.done[seen_];
      const auto it = asked_.find(d.hook);
      if (it == asked_.end()) continue;
      const std::string call = it->second.call;
      asked_.erase(it);
      if (d.state == HKS_HOOK_RETRY) {
        if (!d.memo.empty()) memo[call] = d.memo;
        Action a = action(Action::Came::refused, first_[call]);
        a.attempt = attempts[call];
        a.after_ms = d.after_ms;
        a.apart = d.flags & HKS_HOOK_APART;
        line.put({call}, a, bot.player.now());
      } else {
        dead += d.state == HKS_HOOK_GIVE_UP;
        line.reached({call}, bot.player.now());
        line.conclude({call});
      }
    }
  }
  void deadlines() {
    for (auto& [hook, asked] : asked_) ASSERT_LT(bot.player.now(), asked.at + 15200) << "a hook without an answer";
  }
  Message service(const Bot::Sent& s) {
    if (down) return In::noAnswer(s.id, "connection refused", HKS_HTTP_UNSENT);
    auto& recent = recent_[s.body["chat_id"].dump()];
    while (!recent.empty() && recent.front() + 60000 <= s.at_ms) recent.pop_front();
    if (recent.size() >= per_minute_) {
      ++too_fast;
      return Bot::refusal(s.id, 429, "Too Many Requests: retry after 5", {{"retry_after", 5}});
    }
    recent.push_back(s.at_ms);
    const std::string text = s.body["text"];
    for (std::size_t at = text.find("call-"); at != std::string::npos; at = text.find("call-", at + 1)) {
      const std::string call = text.substr(at, text.find('.', at) + 1 - at);
      if (arrived.empty() || arrived.back() != call) arrived.push_back(call);
    }
    return Bot::ok(s.id);
  }

  std::size_t per_minute_, seen_ = 0;
  std::uint64_t hook_ = 0;
  std::map<std::uint64_t, Asked> asked_;
  std::map<std::string, std::int64_t> first_;
  std::map<std::string, std::deque<std::uint64_t>> recent_;
};

void expectAllInOrder(const Host& host, std::uint64_t n) {
  ASSERT_EQ(host.arrived.size(), n);
  for (std::uint64_t i = 0; i < n; ++i) ASSERT_EQ(host.arrived[i], Host::name(i));
  EXPECT_EQ(host.line.size(), 0u);
  EXPECT_EQ(host.dead, 0u);
}

TEST(TelegramBacklog, FiveThousandOfAnOutageAreDeliveredInOrderAtTelegramsPace) {
  Host host(Pairs{{"chat_id", "-1001234567890"}}, 20);
  host.down = true;
  for (std::uint64_t i = 0; i < 5000; ++i) host.end(i);
  host.pass(kHour);
  const std::size_t probes = host.bot.sent.size();
  EXPECT_LE(probes, 100u) << "a receiver that is away is asked now and then, not thousands of times";
  EXPECT_LE(host.attempts_in_all, 400u);
  host.down = false;
  host.pass(400000 + 5000 / 20 * 60000 * 5 / 4);
  expectAllInOrder(host, 5000);
  EXPECT_LE(host.most_in_hand, 33u);
  EXPECT_LE(host.too_fast, 50u) << "its pace is kept, not found out";
  EXPECT_LE(host.attempts_in_all, 5u * 5000);
}

TEST(TelegramBacklog, NewCallsQueueBehindThoseThatWait) {
  Host host(Pairs{{"chat_id", "42"}}, 1000);
  host.down = true;
  for (std::uint64_t i = 0; i < 100; ++i) host.end(i);
  host.pass(60000);
  host.down = false;
  for (std::uint64_t i = 100; i < 200; ++i) {
    host.end(i);
    host.pass(500);
  }
  host.pass(600000);
  expectAllInOrder(host, 200);
}

TEST(TelegramBacklog, ADigestBringsThemInAFractionOfTheMessages) {
  Host host(Pairs{{"chat_id", "-1001234567890"}, {"digest_s", "60"}}, 20);
  host.down = true;
  for (std::uint64_t i = 0; i < 2000; ++i) host.end(i);
  host.pass(600000);
  host.down = false;
  const std::size_t before = host.bot.sent.size();
  host.pass(1800000);
  expectAllInOrder(host, 2000);
  EXPECT_LE(host.bot.sent.size() - before, 250u);
}

TEST(TelegramBacklog, AChatThatAPersonMustMendDoesNotHoldUpTheOther) {
  Host host(Pairs{{"chat_id", "42,43"}}, 1000);
  std::vector<std::string> to42, to43;
  bool kicked = true;
  host.bot.service = [&](const Bot::Sent& s) {
    if (kicked && s.body["chat_id"] == 43) return Bot::refusal(s.id, 403, "Forbidden: bot was blocked by the user");
    const std::string text = s.body["text"];
    const std::size_t at = text.find("call-");
    (s.body["chat_id"] == 42 ? to42 : to43).push_back(text.substr(at, text.find('.', at) + 1 - at));
    return Bot::ok(s.id);
  };
  for (std::uint64_t i = 0; i < 1500; ++i) host.end(i);
  host.pass(1700000);
  ASSERT_EQ(to42.size(), 1500u);
  EXPECT_EQ(host.line.size(), 1500u) << "all of them wait for the other chat";
  kicked = false;
  host.pass(3000000);
  EXPECT_EQ(host.line.size(), 0u);
  ASSERT_EQ(to42.size(), 1500u) << "nothing twice";
  ASSERT_EQ(to43.size(), 1500u);
  for (std::uint64_t i = 0; i < 1500; ++i) {
    ASSERT_EQ(to42[i], Host::name(i));
    ASSERT_EQ(to43[i], Host::name(i));
  }
}

}  // namespace
}  // namespace hookswitch::telegram
