// Idempotency-Key of POST /api/call: the same key and body get the same answer, for 24 hours and across restarts.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "host/control/ledger.hpp"

namespace hookswitch::control {

/// [control]
class Idempotency {
 public:
  static constexpr std::size_t max_keys = 100'000;  ///< in memory; beyond, the oldest answered key is left to the store
  static constexpr std::size_t max_key_bytes = 255;

  explicit Idempotency(Ledger& ledger) : ledger_(ledger) {}
  void load(std::vector<store::SaveKey> keys);

  /// What the API has answered, in its own numbers and words: written down and given back, and not read here.
  struct Answer {
    int number = 0;  ///< 0: there is none yet
    std::string text;
  };
  struct Verdict {
    enum class Kind : std::uint8_t { fresh = 1, replay = 2, other_body = 3, in_progress = 4, forgotten = 5 };
    Kind kind = Kind::fresh;
    Answer answer{};  ///< replay
    std::string call{};
  };
  /// What a request with this key is. `fresh`: the key is taken now; finish() or release() must follow. `forgotten`: it
  /// may be one that had to make room; Store::findKey() knows, and the other take() is to be given what it says.
  Verdict take(const std::string& key, const std::string& body_digest, std::uint64_t unix_ms);
  Verdict take(const std::string& key, const std::string& body_digest, std::uint64_t unix_ms,
               const std::optional<store::SaveKey>& stored);
  /// The key as the store must know it before the call is dialled.
  store::SaveKey pending(const std::string& key, const std::string& call);
  /// What a request gets whose own answer a restart has cut; `taken`: NULL when the carrier never took its call.
  std::function<Answer(const std::string& call, const call::Terms* taken)> late_answer;
  void finishLate(const std::string& key, const std::string& call, const call::Terms* taken);
  /// The final answer; `then` runs when it is written down.
  void finish(const std::string& key, const Answer& answer, std::function<void()> then);
  /// Nothing was begun under this key: it may be used again.
  void release(const std::string& key);
  std::size_t size() const { return keys_.size(); }

  /// 1 to 255 visible ASCII characters.
  static bool isKey(std::string_view key);
  static std::string digest(std::string_view body);  ///< SHA-256, hexadecimal

 private:
  void forgetOld(std::uint64_t unix_ms);
  static Verdict judge(const store::SaveKey& known, const std::string& body_digest);
  Ledger& ledger_;
  std::unordered_map<std::string, store::SaveKey> keys_;
  std::multimap<std::uint64_t, std::string> by_age_;
  std::uint64_t forgotten_until_ = 0;  // until then some keys that still count are in the store alone
};

}  // namespace hookswitch::control
