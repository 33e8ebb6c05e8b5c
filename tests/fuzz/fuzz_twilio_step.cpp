// The Twilio plugin's two sessions under arbitrary messages. The input is a sequence of records: what to do (1 byte),
// length (2 bytes, little-endian), payload. Aborts when a step fails, breaks a rule of the ABI, or when what is left
// waiting grows without bound.
#include <hookswitch/testing.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <string>
#include <string_view>

extern "C" const hks_entry hks_plugin_entry;

namespace {

using namespace hks::testing;

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : left_(reinterpret_cast<const char*>(data), size) {}
  bool next(unsigned& op, std::string& payload) {
    if (left_.size() < 3) return false;
    op = static_cast<unsigned char>(left_[0]);
    std::size_t size =
        std::size_t(static_cast<unsigned char>(left_[1])) | std::size_t(static_cast<unsigned char>(left_[2])) << 8;
    left_.remove_prefix(3);
    if (size > left_.size()) size = left_.size();
    payload = left_.substr(0, size);
    left_.remove_prefix(size);
    return true;
  }

 private:
  std::string_view left_;
};

void require(bool fact, const char* what) {
  if (fact) return;
  std::fprintf(stderr, "fuzz_twilio_step: %s\n", what);
  std::abort();
}

/// A session and what it waits for.
class Driven {
 public:
  Driven(const char* role, Pairs settings) : player_(hks_plugin_entry, role) {
    for (auto pair : Pairs{{"account_sid", "AC1"}, {"auth_token", "t"}, {"from_number", "+15550100001"}})
      settings.push_back(pair);
    play(In::start(settings, sampleCall()));
  }
  void play(const Message& message) {
    if (!player_.takes(message.type)) return;
    for (const auto& m : player_.step(message)) {
      if (m.type == HKS_HTTP_CALL) requests_.push_back(m.id);
      if (m.type == HKS_CALL_OFFER) offers_.push_back(m.id);
    }
    require(player_.status() == HKS_OK, "a step failed");
    require(requests_.size() <= 4096 && player_.timers().size() <= 4096, "something grows");
  }
  void fireTimer() {
    if (!player_.timers().empty()) play(In::timer(player_.timers().begin()->first));
  }
  std::uint64_t request() { return take(requests_); }
  std::uint64_t offer() { return take(offers_); }

 private:
  static std::uint64_t take(std::deque<std::uint64_t>& ids) {
    if (ids.empty()) return 1;
    const std::uint64_t id = ids.front();
    ids.pop_front();
    return id;
  }
  Player player_;
  std::deque<std::uint64_t> requests_, offers_;
};

Call hostileCall(const std::string& text) {
  Call call = sampleCall();
  call.to_number = text.substr(0, 40);
  call.media_url = "wss://x/" + text;
  call.remote_id = text.size() % 2 ? text : "";
  return call;
}

void control(Driven& session, unsigned op, const std::string& payload) {
  static const Pairs form{{"Content-Type", "application/x-www-form-urlencoded"}, {"X-Twilio-Signature", "x"}};
  const auto split = payload.find('\n');
  const std::string first = payload.substr(0, split),
                    rest = split == std::string::npos ? std::string() : payload.substr(split + 1);
  switch (op % 16) {
    case 0: return session.play(In::httpRequest(hostId(1), "POST", "/twilio/voice", form, payload));
    case 1:
      return session.play(In::httpRequest(hostId(1), "POST", "/twilio/voice?gw_call=" + sampleCall().call, form,
                                          payload, hostileCall(first)));
    case 2:
      return session.play(In::httpRequest(hostId(1), "POST", "/twilio/status?gw_call=" + sampleCall().call, form,
                                          payload, sampleCall()));
    case 3: return session.play(In::httpRequest(hostId(1), "POST", "/twilio/stream-status?gw_call=x", form, payload));
    case 4:
      return session.play(In::httpRequest(hostId(1), "POST", first, {{"Content-Type", rest.substr(0, 40)}}, rest));
    case 5: return session.play(In::upgrade(hostId(1), first, {{"x-twilio-signature", rest}}, sampleCall()));
    case 6: return session.play(In::place(hostId(2), sampleCall()));
    case 7: return session.play(In::place(hostId(2), hostileCall(payload)));
    case 8:
      return session.play(
          In::httpResponse(session.request(), 200, payload, {{"Date", "Sat, 31 Jan 2026 10:00:00 GMT"}}));
    case 9:
      return session.play(In::httpResponse(session.request(),
                                           100u + static_cast<unsigned char>(first.empty() ? 0 : first[0]) * 2u, rest,
                                           {{"Retry-After", rest}, {"Date", first}}));
    case 10: return session.play(In::noAnswer(session.request(), payload, first.size() % 2));
    case 11: return session.fireTimer();
    case 12: {
      Record record = sampleRecord();
      record.call.remote_id = first;
      return session.play(In::phase(hostId(3), HKS_PHASE_HANGUP, record, unsigned(rest.size())));
    }
    case 13: return session.play(In::accepted(session.offer(), hostileCall(payload)));
    case 14: return session.play(In::refused(session.offer(), 503, payload));
    default: return session.play(In::of(static_cast<unsigned char>(first.empty() ? 0 : first[0]), 1));
  }
}

void carrier(Driven& session, unsigned op, const std::string& payload) {
  static const std::string start =
      "{\"event\":\"start\",\"start\":{\"streamSid\":\"MZ1\",\"customParameters\":{\"gw_call\":\"" + sampleCall().call +
      "\"}}}";
  switch (op % 12) {
    case 0:
    case 1: return session.play(In::data(hostId(1), payload));
    case 2:
      return session.play(In::data(hostId(1), "{\"event\":\"media\",\"media\":{\"payload\":\"" + payload + "\"}}"));
    case 3: return session.play(In::data(hostId(1), "{\"event\":\"start\",\"start\":{" + payload + "}}"));
    case 4: return session.play(In::data(hostId(1), start));
    case 5: return session.play(In::audio(HKS_PCMU_8K, payload));
    case 6: return session.play(In::mark(payload));
    case 7: return session.play(In::flush());
    case 8: return session.play(In::opened(hostId(1 + payload.size() % 2)));
    case 9: return session.play(In::closed(hostId(1), 1006, payload));
    case 10: return session.fireTimer();
    default: return session.play(In::binary(hostId(1), payload));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 64 * 1024) return 0;
  Input input(data + 1, size - 1);
  unsigned op = 0;
  std::string payload;
  try {
    if (data[0] % 2) {
      Driven session(HKS_ROLE_CARRIER, {});
      session.play(In::opened(hostId(1)));
      while (input.next(op, payload)) carrier(session, op, payload);
    } else {
      Driven session(HKS_ROLE_CONTROL, {{"verify_signature", data[0] % 4 ? "false" : "true"}});
      while (input.next(op, payload)) control(session, op, payload);
    }
  } catch (const std::exception& e) {
    require(false, e.what());
  }
  return 0;
}
