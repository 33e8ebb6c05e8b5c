// hookswitch-floor: the least that a bridge between a carrier and a model can do. A single thread and an epoll loop
// that splice base64 out of one JSON envelope into the other; no parser, no pacing, no ledger, no plugins.
//
//   hookswitch-floor --model PORT [--form pcmu|pcm24|gemini] [--ca FILE]
//
// Carriers connect to the port that it prints; each connection gets one of its own to the model, plain or (--ca) TLS.
// Where the model wants another format, samples are repeated or left out: what no program can do without has the same
// sizes on the wire, a filter is what the gateway adds.
#include <sys/prctl.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>

#include "tests/bench/storm/sound.hpp"
#include "tests/bench/storm/start.hpp"
#include "tests/bench/storm/websocket.hpp"

namespace storm {

namespace {

enum class Form { pcmu, pcm24, gemini };

struct Setting {
  int model_port = 0;
  Form form = Form::pcmu;
  SSL_CTX* tls = nullptr;
};

/// A message without its audio, in three parts.
constexpr std::string_view kAppend = R"({"type":"input_audio_buffer.append","audio":")";
constexpr std::string_view kAppendGemini = R"({"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=16000","data":")";

class Pair;

/// One of the two connections of a call.
class End final : public Source {
 public:
  End(Loop& loop, Pair& pair, bool carrier, int fd, SSL* ssl)
      : pair_(pair), carrier_(carrier), wire(loop, *this, fd, ssl, !carrier) {}
  void ready(std::uint32_t events) override;

 private:
  std::size_t take(char* data, std::size_t size);
  Pair& pair_;
  const bool carrier_;
  bool upgraded_ = false;

 public:
  Wire wire;
};

class Pair {
 public:
  Pair(Loop& loop, const Setting& setting, int fd) : loop_(loop), setting_(setting) {
    carrier_.emplace(loop, *this, true, fd, nullptr);
  }
  void carrierSays(std::string_view text);
  void modelSays(std::string_view text);
  void modelOpened();
  void over() {
    carrier_->wire.close();
    if (model_) model_->wire.close();
  }

 private:
  void up(std::string_view base64);
  void upConverted(std::string_view base64);
  void down(std::string_view base64);

  Loop& loop_;
  const Setting& setting_;
  std::optional<End> carrier_, model_;
  std::string head_;   ///< of a message to the carrier
  std::string label_;  ///< what the carrier calls the call; it is told to the model
  std::string held_;   ///< Gemini takes two frames in one message
  bool usable_ = false;
};

void End::ready(std::uint32_t events) {
  if (!wire.open()) return;
  if (!wire.advance(events)) return pair_.over();
  if (!wire.receive([this](char* data, std::size_t size) { return take(data, size); })) pair_.over();
}

std::size_t End::take(char* data, std::size_t size) {
  std::size_t used = 0;
  if (!upgraded_) {
    used = headLength({data, size});
    if (used == 0) return 0;
    upgraded_ = true;
    carrier_ ? wire.send(upgradeAnswer({data, used})) : pair_.modelOpened();
  }
  return used + readMessages(
                    wire, data + used, size - used, !carrier_,
                    [this](std::string_view text) { carrier_ ? pair_.carrierSays(text) : pair_.modelSays(text); },
                    [this] { pair_.over(); });
}

void Pair::carrierSays(std::string_view text) {
  const std::string_view base64 = between(text, R"("payload":")");
  if (base64.data()) {
    if (!usable_) return;
    return setting_.form == Form::pcmu ? up(base64) : upConverted(base64);
  }
  if (model_ || between(text, R"("event":")") != "start") return;
  head_ = R"({"event":"media","streamSid":")" + std::string(between(text, R"("streamSid":")")) +
          R"(","media":{"payload":")";
  label_ = between(text, R"("gw_call":")");
  SSL* ssl = setting_.tls ? SSL_new(setting_.tls) : nullptr;
  if (ssl) SSL_set_connect_state(ssl);
  model_.emplace(loop_, *this, false, connectTo(setting_.model_port), ssl);
  model_->wire.send(upgradeRequest(setting_.model_port, "/v1/realtime?model=floor"));
}

void Pair::modelOpened() {
  Draft& out = draft();
  out.begin();
  const bool gemini = setting_.form == Form::gemini;
  out.add(gemini ? R"({"setup":{"model":"floor","label":")" : R"({"type":"session.update","session":{"label":")");
  out.add(label_);
  out.add("\"}}");
  out.send(model_->wire, true);
}

void Pair::modelSays(std::string_view text) {
  const bool gemini = setting_.form == Form::gemini;
  const std::string_view base64 = between(text, gemini ? R"("data":")" : R"("delta":")");
  if (base64.data()) return down(base64);
  if (text.find(gemini ? "setupComplete" : "session.updated") != std::string_view::npos) usable_ = true;
}

void Pair::up(std::string_view base64) {
  Draft& out = draft();
  out.begin();
  out.add(kAppend);
  out.add(base64);
  out.add("\"}");
  out.send(model_->wire, true);
}

void Pair::upConverted(std::string_view base64) {
  std::uint8_t mulaw[4096];
  std::int16_t samples[4096 * 3];
  if (base64.size() > sizeof mulaw) return;
  const std::size_t size = decodeBase64(mulaw, base64), times = setting_.form == Form::gemini ? 2 : 3;
  for (std::size_t i = 0, at = 0; i < size; ++i)
    for (std::size_t k = 0; k < times; ++k) samples[at++] = fromMuLaw(mulaw[i]);
  std::string_view pcm(reinterpret_cast<const char*>(samples), size * times * 2);
  const bool gemini = setting_.form == Form::gemini;
  if (gemini) {
    held_ += pcm;
    if (held_.size() < 4 * kFrameBytes * times) return;
    pcm = held_;
  }
  Draft& out = draft();
  out.begin();
  out.add(gemini ? kAppendGemini : kAppend);
  encodeBase64(out.grow(base64Size(pcm.size())), pcm.data(), pcm.size());
  out.add(gemini ? "\"}}}" : "\"}");
  out.send(model_->wire, true);
  held_.clear();
}

void Pair::down(std::string_view base64) {
  Draft& out = draft();
  out.begin();
  out.add(head_);
  if (setting_.form == Form::pcmu) {
    out.add(base64);
  } else {
    static std::int16_t samples[48 * 1024];
    static std::uint8_t mulaw[16 * 1024];
    if (base64.size() > sizeof samples) return;
    const std::size_t size = decodeBase64(samples, base64) / 6;
    for (std::size_t i = 0; i < size; ++i) mulaw[i] = toMuLaw(samples[3 * i]);
    encodeBase64(out.grow(base64Size(size)), mulaw, size);
  }
  out.add("\"}}");
  out.send(carrier_->wire, false);
}

class Listener final : public Source {
 public:
  Listener(Loop& loop, const Setting& setting) : loop_(loop), setting_(setting), fd_(listenSomewhere(port_)) {
    loop_.add(fd_, *this, false);
  }
  void ready(std::uint32_t) override {
    for (int fd = acceptNext(fd_); fd >= 0; fd = acceptNext(fd_)) new Pair(loop_, setting_, fd);  // kept to the end
  }
  int port() const { return port_; }

 private:
  Loop& loop_;
  const Setting& setting_;
  int port_ = 0, fd_;
};

SSL_CTX* trusting(const char* ca_file) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  if (!context || SSL_CTX_load_verify_file(context, ca_file) != 1)
    throw std::runtime_error(std::string("cannot read ") + ca_file);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  return context;
}

int run(int argc, char** argv) {
  Setting setting;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!std::strcmp(argv[i], "--model")) setting.model_port = std::atoi(argv[i + 1]);
    if (!std::strcmp(argv[i], "--ca")) setting.tls = trusting(argv[i + 1]);
    if (!std::strcmp(argv[i], "--form"))
      setting.form = !std::strcmp(argv[i + 1], "gemini")  ? Form::gemini
                     : !std::strcmp(argv[i + 1], "pcm24") ? Form::pcm24
                                                          : Form::pcmu;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  Loop loop;
  Listener listener(loop, setting);
  std::printf("floor port=%d\n", listener.port());
  std::fflush(stdout);
  for (;;) loop.step(-1);
}

}  // namespace

}  // namespace storm

int main(int argc, char** argv) { return storm::start("hookswitch-floor", storm::run, argc, argv); }
