// hookswitch/testing.hpp - plays a plugin without a host: open a role, feed it messages, look at what it answers.
// C++17, header-only, depends on abi.h alone and on no test framework.
//
//   #include <hookswitch/testing.hpp>
//   using namespace hks::testing;
//
//   Player plugin(hks_plugin_entry, HKS_ROLE_NOTIFIER);           // or Player(hks::Notifier<Mine>::table)
//   auto out = plugin.step(In::start({{"url", "https://example.com"}}));
//   EXPECT_TRUE(out.has(HKS_HOOK)) << out;
//   out = plugin.step(In::phase(hostId(7), HKS_PHASE_NOTIFY));      // of sampleRecord()
//   const Message& request = out.only(HKS_HTTP_CALL);             // exactly one, else it throws what came
//   out = plugin.step(In::httpResponse(request.id, 200, "{}"));
//   EXPECT_EQ(out.only(HKS_HOOK_DONE).state, HKS_HOOK_OK);
#ifndef HKS_TESTING_HPP
#define HKS_TESTING_HPP
#include <hookswitch/abi.h>
#include <hookswitch/draft.h>
#include <hookswitch/testing/inputs.hpp>
#include <hookswitch/testing/message.hpp>
#include <hookswitch/testing/names.hpp>
#include <hookswitch/testing/wire.hpp>

#include <map>
#include <memory>
#include <set>
#include <stdexcept>

namespace hks::testing {

/// Messages a plugin sent, in order. Printable.
class Outputs : public std::vector<Message> {
 public:
  Outputs ofType(uint32_t type) const {
    Outputs found;
    for (auto& m : *this)
      if (m.type == type) found.push_back(m);
    return found;
  }
  size_t count(uint32_t type) const { return ofType(type).size(); }
  bool has(uint32_t type) const { return count(type) != 0; }
  /// The one message of this type; throws std::runtime_error with everything that came when there is not exactly one.
  const Message& only(uint32_t type) const {
    const Message* found = nullptr;
    size_t n = 0;
    for (auto& m : *this)
      if (m.type == type) found = &m, ++n;
    if (n != 1) {
      throw std::runtime_error("expected exactly one " + messageName(type) + ", got " + std::to_string(n) + " in:\n" +
                               print());
    }
    return *found;
  }
  /// The payloads sent on one connection, in order.
  std::vector<std::string> data(uint64_t conn) const {
    std::vector<std::string> found;
    for (auto& m : *this)
      if (m.type == HKS_DATA && m.id == conn) found.push_back(m.bytes);
    return found;
  }
  std::string print() const {
    if (empty()) return "  (nothing)\n";
    std::ostringstream text;
    for (auto& m : *this) text << "  " << m << "\n";
    return text.str();
  }
};
inline std::ostream& operator<<(std::ostream& out, const Outputs& all) { return out << "\n" << all.print(); }

/// Thrown by Player::step when the plugin broke a rule of abi.h that the host would punish.
struct RuleBroken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One session of a plugin, and the host around it. Not thread-safe; a plugin is played from one thread.
class Player {
 public:
  /// Throws std::runtime_error when the plugin does not have the role or refuses to open.
  explicit Player(const hks_entry& entry, const char* role = HKS_ROLE_CONTROL)
      : role_(find(entry, role)), role_id_(role), settings_(static_cast<const hks_settings*>(entry.get(HKS_SETTINGS))) {
    open();
  }
  /// Without a role id, what only some roles may send is not checked.
  explicit Player(const hks_role& role, const char* role_id = "") : role_(role), role_id_(role_id) { open(); }
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;
  ~Player() { close(); }

  /// One message in; what came out of this step. Throws RuleBroken unless tolerant(), and std::invalid_argument for a
  /// message that a host gives to other roles (tolerant: nothing is stepped, status() is HKS_UNSUPPORTED).
  Outputs step(const Message& message) {
    if (!session_) throw std::logic_error("the session is closed: open another Player");
    Message m = message;
    if (!takes(m.type)) {
      status_ = HKS_UNSUPPORTED;
      if (tolerant_) return {};
      throw std::invalid_argument("a host does not give " + messageName(m.type) + " to a session of role " + role_id_);
    }
    if (m.type == HKS_START) complete(m);
    if (m.type == HKS_TIMER_FIRED) timers_.erase(m.id);
    out_.clear();
    rooms_.clear();
    const size_t known = violations_.size();
    {
      Wire wire(m, growth_);
      stepping_ = true;
      try {
        status_ = role_.step(session_, wire.get(), &sink_);
      } catch (...) {
        status_ = HKS_FAULT;
        violations_.push_back("an exception left step()");
      }
      stepping_ = false;
    }
    for (auto& o : out_) remember(o);
    all_.insert(all_.end(), out_.begin(), out_.end());
    if (!tolerant_ && violations_.size() > known) {
      throw RuleBroken(violations_[known] + "\n  in the step of: " + print(m) + "\n  which sent:\n" + out_.print());
    }
    return std::move(out_);
  }

  /// Is a message of this type given to sessions of this role? Yes for types that this header does not know: a later
  /// host has its reasons.
  bool takes(uint32_t type) const {
    const abi::Row* row = abi::rowOf(type);
    return !row || (row->given & roles());
  }
  /// What the last step returned: HKS_OK, or HKS_FAULT after an exception inside the wrapper, ...
  hks_status status() const { return status_; }
  /// Everything since the beginning.
  const Outputs& all() const { return all_; }
  /// Timers that are set: id -> after_ms. In::timer(id) fires one.
  const std::map<uint64_t, uint64_t>& timers() const { return timers_; }
  const std::vector<std::string>& violations() const { return violations_; }
  /// Collect broken rules in violations() instead of throwing.
  Player& tolerant(bool on = true) {
    tolerant_ = on;
    return *this;
  }
  /// The sink takes no more than `n` messages per step and answers HKS_FULL to the rest, as a host does at its limit.
  Player& fullAfter(size_t n) {
    limit_ = n;
    return *this;
  }
  /// Behave as a newer host: every record and array element is `bytes` longer than this header knows.
  Player& newerHost(uint32_t bytes = 64) {
    growth_ = bytes;
    return *this;
  }
  /// Behave as an older host that does not know this message: the sink answers HKS_UNSUPPORTED, HKS_MESSAGES says 0.
  Player& without(uint32_t type) {
    missing_.insert(type);
    return *this;
  }
  void close() {
    if (session_) role_.close(session_);
    session_ = nullptr;
  }

 private:
  static const hks_role& find(const hks_entry& entry, const char* role) {
    const void* table = entry.get(role);
    if (!table) throw std::runtime_error("plugin '" + std::string(entry.id) + "' has no role " + role);
    return *static_cast<const hks_role*>(table);
  }
  void open() {
    sink_.host = this;
    sink_.put = [](const hks_sink* s, const hks_msg* m) -> hks_status { return static_cast<Player*>(s->host)->put(m); };
    sink_.get = [](const hks_sink* s, const char* id) { return static_cast<Player*>(s->host)->extension(id); };
    session_ = role_.open();
    if (!session_) throw std::runtime_error("open() returned NULL: the plugin refused");
  }
  abi::Roles roles() const { return abi::rolesOf(role_id_); }
  hks_status refuse(abi::Objection objection, const hks_msg& m) {
    violations_.push_back(abi::sentence(objection, m, role_id_));
    return abi::statusOf(objection.wrong);
  }
  hks_status put(const hks_msg* m) {
    if (!stepping_) return violations_.push_back("the sink was used after the step it belongs to"), HKS_INVALID;
    if (!m) return violations_.push_back("NULL was put"), HKS_INVALID;
    if (missing_.count(m->type)) return HKS_UNSUPPORTED;
    if (const auto objection = abi::objectionTo(*m, roles()); objection.wrong != abi::Wrong::nothing)
      return refuse(objection, *m);
    if (out_.size() >= limit_) return HKS_FULL;
    bool malformed = false;
    Message copy = Capture::of(m, &malformed);
    if (malformed) return refuse({abi::Wrong::content}, *m);
    out_.push_back(std::move(copy));
    return HKS_OK;
  }
  const void* extension(const char* id) const {
    static constexpr hks_messages messages{[](const hks_sink* s, uint32_t type) {
      auto& player = *static_cast<const Player*>(s->host);
      return player.missing_.count(type) ? 0 : abi::sizeFor(type, player.roles());
    }};
    static constexpr hks_draft_room room{
        [](const hks_sink* s, uint64_t size) { return static_cast<Player*>(s->host)->takeRoom(size); }};
    if (!std::strcmp(id, HKS_MESSAGES)) return &messages;
    return std::strcmp(id, HKS_DRAFT_ROOM) ? nullptr : &room;
  }
  /// A heap block of its own, gone with the next step: who writes behind it or keeps it is seen by AddressSanitizer.
  char* takeRoom(uint64_t size) {
    if (!stepping_) return violations_.push_back("room was taken after the step it belongs to"), nullptr;
    if (size == 0 || size > (uint64_t(32) << 20)) return nullptr;
    rooms_.emplace_back(new char[size]);
    return rooms_.back().get();
  }
  void remember(const Message& m) {
    if (m.type != HKS_TIMER) return;
    if (m.after_ms == HKS_NEVER)
      timers_.erase(m.id);
    else
      timers_[m.id] = m.after_ms;
  }
  /// What a host guarantees of START: all declared settings, and a call for a session of a call.
  void complete(Message& m) const {
    if (!m.about && (role_id_ == HKS_ROLE_CARRIER || role_id_ == HKS_ROLE_VOICE)) m.about = sampleCall();
    if (!settings_) return;
    Pairs all;
    for (uint64_t i = 0; i < settings_->count; ++i) {
      hks_key key{};
      auto* from = reinterpret_cast<const char*>(settings_->keys) + i * settings_->key_size;
      uint32_t size;
      std::memcpy(&size, from, sizeof size);
      std::memcpy(&key, from, size < sizeof key ? size : sizeof key);
      all.emplace_back(key.name, key.fallback ? key.fallback : "");
    }
    for (auto& [name, value] : m.settings) {
      bool declared = false;
      for (auto& [n, v] : all)
        if (n == name) v = value, declared = true;
      if (!declared)
        throw std::invalid_argument("the plugin declares no setting '" + name + "'; a host would refuse it");
    }
    m.settings = std::move(all);
  }

  const hks_role role_;
  const std::string role_id_;
  const hks_settings* const settings_ = nullptr;
  hks_session* session_ = nullptr;
  hks_sink sink_{};
  Outputs out_, all_;
  std::map<uint64_t, uint64_t> timers_;
  std::vector<std::string> violations_;
  std::vector<std::unique_ptr<char[]>> rooms_;
  std::set<uint32_t> missing_;
  hks_status status_ = HKS_OK;
  size_t limit_ = 4096;
  uint32_t growth_ = 0;
  bool stepping_ = false, tolerant_ = false;
};

}  // namespace hks::testing
#endif
