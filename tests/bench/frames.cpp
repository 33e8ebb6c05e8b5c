// hookswitch-frames: one call, frame by frame, with nothing left to chance, so that what a frame costs can be counted.
//
//   hookswitch-frames PLUGINS pcmu|pcm24|talk|gemini FRAMES
//
// The real plugins, sessions, bridge and connections of one call, on sockets whose other ends are here. The loop does
// not run: this program turns it, once for every message that comes, and moves its clock by 20 ms a frame. A counter of
// instructions is switched by the function gatewayTurn, in which is all that the gateway does for a frame and nothing
// of what its peers do: instructions.sh runs this under callgrind.
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "host/base/base64.hpp"
#include "host/media/call_media.hpp"
#include "host/net/ws_codec.hpp"
#include "host/net/ws_handshake.hpp"
#include "host/plugin/library.hpp"

namespace {

using namespace hookswitch;

/// Stands still but for move().
class FramesClock final : public base::Clock {
 public:
  void move(std::int64_t us) { now_us_ += us; }
  std::int64_t livedUs() const override { return now_us_; }
  std::int64_t allUs() const override { return now_us_; }
  std::int64_t pacingUs() const override { return now_us_; }
  /// Costs what it costs a loop that runs, which asks for nothing else.
  Reading read() const override {
    base::Clock::system().read();
    return {now_us_, now_us_};
  }
  std::uint64_t unixMs() const override { return std::uint64_t(now_us_) / 1000 + 1'700'000'000'000; }

 private:
  std::atomic<std::int64_t> now_us_{1'000'000'000};
};

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

/// The far end of a WebSocket, blocking.
class Peer {
 public:
  Peer(int fd, net::WsRole role) : fd_(fd), parser_(role, 1 << 20), writer_(role) {}
  ~Peer() { ::close(fd_); }
  Peer(const Peer&) = delete;

  void send(std::string_view text) {
    out_.clear();
    writer_.text(out_, text);
    for (std::string_view left = out_; !left.empty();) {
      const ssize_t sent = ::send(fd_, left.data(), left.size(), MSG_NOSIGNAL);
      if (sent <= 0) fail("the gateway does not take what its peer sends");
      left.remove_prefix(std::size_t(sent));
    }
  }
  /// The next message.
  std::string receive() {
    for (;;) {
      const net::WsEvent event = parser_.next();
      if (event.kind == net::WsEvent::Kind::message) return std::string(event.payload);
      if (event.kind != net::WsEvent::Kind::needMore) fail("the gateway closed: " + std::string(event.payload));
      read(0);
    }
  }
  /// What is there already: how many messages.
  long drain(std::string* newest = nullptr) {
    long count = 0;
    do
      for (net::WsEvent e = parser_.next(); e.kind == net::WsEvent::Kind::message; e = parser_.next(), ++count)
        if (newest) *newest = std::string(e.payload);
    while (read(MSG_DONTWAIT));
    return count;
  }

 private:
  bool read(int flags) {
    const auto space = parser_.prepare(16 * 1024);
    const ssize_t got = ::recv(fd_, space.data, space.size, flags);
    if (got == 0) fail("the gateway closed its socket");
    if (got > 0) parser_.commit(std::size_t(got));
    return got > 0;
  }
  const int fd_;
  net::WsParser parser_;
  net::WsWriter writer_;
  std::string out_;
};

/// The model's door: takes one connection and its handshake.
class Door {
 public:
  Door() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&here), size) != 0 || ::listen(fd_, 1) != 0 ||
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&here), &size) != 0)
      fail("no port of loopback can be listened on");
    port_ = ntohs(here.sin_port);
  }
  ~Door() { ::close(fd_); }
  Door(const Door&) = delete;
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_); }
  std::unique_ptr<Peer> take() const {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    std::string request;
    char c = 0;
    while (request.find("\r\n\r\n") == std::string::npos) {
      if (::recv(fd, &c, 1, 0) != 1) fail("no handshake came");
      request += c;
    }
    constexpr std::string_view name = "Sec-WebSocket-Key: ";
    const std::size_t at = request.find(name) + name.size();
    const std::string answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
        net::wsAcceptFor(request.substr(at, request.find('\r', at) - at)) + "\r\n\r\n";
    if (::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) != ssize_t(answer.size())) fail("no handshake went");
    return std::make_unique<Peer>(fd, net::WsRole::server);
  }

 private:
  const int fd_;
  int port_ = 0;
};

/// From the file itself, not a private copy of it, so that a profile names its functions.
plugin::Examined loadHere(const std::string& file) {
  void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) fail(::dlerror());
  return plugin::examine(*static_cast<const hks_entry*>(::dlsym(handle, "hks_plugin_entry")), file);
}

plugin::SessionSource sourceOf(const std::string& directory, const std::string& id, const char* kind,
                               const plugin::Settings& given) {
  const auto loaded = loadHere(directory + "/" + id + ".so");
  if (!loaded) fail(loaded.error());
  const auto& library = **loaded;
  auto settings = std::make_shared<plugin::Settings>(plugin::complete(library.keys, given));
  return {id, std::string_view(kind) == "voice" ? library.voice : library.carrier, settings, nullptr, kind};
}

/// What one of the paths consists of.
struct Path {
  const char *name, *voice, *format;
  int model_bytes;  ///< of one message of the model
  int every;        ///< frames of the caller for one of them
  int ahead;        ///< such messages before the first frame: a model speaks faster than is listened
};
constexpr Path paths[] = {{"pcmu", "openai", "pcmu", 160, 1, 0},
                          {"pcm24", "openai", "pcm24", 960, 1, 0},
                          {"talk", "openai", "pcmu", 1600, 10, 3},
                          {"gemini", "gemini", "", 960, 1, 0}};

/// Speech has no silence in its bytes.
std::string noise(int bytes) {
  std::string out;
  std::uint32_t state = 12345;
  for (int i = 0; i < bytes; ++i) out += char((state = state * 1664525 + 1013904223) >> 24);
  return out;
}

class Call final : public media::MediaEvents {
 public:
  Call(const std::string& plugins, const Path& path) : path_(path), loop_("frames", clock_) {
    auto terms = std::make_shared<call::Terms>();
    terms->id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    media::MediaJob job;
    job.terms = terms;
    job.remote_id = "CA0123456789abcdef0123456789abcdef";
    job.carrier = sourceOf(plugins, "twilio", "carrier", {});
    plugin::Settings settings{{"url", door_.url()}, {"api_key", "none"}};
    if (*path.format) settings["audio_format"] = path.format;
    job.voices = {sourceOf(plugins, path.voice, "voice", settings)};
    loop_.start();
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) fail("no pair of sockets");
    carrier_ = std::make_unique<Peer>(pair[0], net::WsRole::client);
    auto stream = std::make_shared<std::unique_ptr<net::Stream>>(std::make_unique<net::Stream>(pair[1]));
    auto shared_job = std::make_shared<media::MediaJob>(std::move(job));
    loop_.post([this, stream, shared_job] {
      media_ = std::make_unique<media::CallMedia>(loop_, io_, *this, std::move(*shared_job));
      media_->start(std::move(*stream), {});
    });
    carrier_->send(R"({"event":"start","sequenceNumber":"1","start":{"accountSid":"","streamSid":"MZ0123456789abcdef)"
                   R"(0123456789abcdef","mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}},)"
                   R"("streamSid":"MZ0123456789abcdef0123456789abcdef"})");
    model_ = door_.take();
    configure();
    // The first frame that reaches the model says that both sides are ready.
    for (int i = 0; i < 4; ++i) carrierFrame();
    model_->receive();
    loop_.stop();
    model_->drain();
  }
  ~Call() override {
    media_.reset();
    io_.stop(base::IoPool::Stop::abandon);
  }

  /// So many messages of the model.
  void speak(int messages) {
    for (int i = 0; i < messages; ++i) {
      modelDelta();
      loop_.turn();
    }
  }
  /// So many times 20 ms.
  void run(int frames, bool counted);
  long messagesToModel() const { return to_model_; }
  long messagesToCarrier() const { return to_carrier_; }

 private:
  void configure();
  void carrierFrame();
  void modelDelta();

  // MediaEvents
  void mediaStreamStarted(const std::string&) override {}
  void mediaTranscript(const std::string&, call::Line) override {}
  void mediaEndRequested(const std::string&, call::EndedBy, const std::string& reason) override {
    std::fprintf(stderr, "the call wants to end: %s\n", reason.c_str());
    std::_Exit(1);
  }
  void mediaFarEndLeft(const std::string&) override {}
  void mediaVoiceChanged(const std::string&, const std::string&) override {}
  void mediaNotice(const std::string&, const std::string&, unsigned, const std::string&) override {}
  void mediaToolCall(const std::string&, std::uint64_t, const std::string&, const std::string&) override {}
  void mediaStopped(const std::string&) override {}

  const Path& path_;
  FramesClock clock_;
  Door door_;
  base::IoPool io_{1};
  base::Loop loop_;
  std::unique_ptr<media::CallMedia> media_;
  std::unique_ptr<Peer> carrier_, model_;
  const std::string frame_ = base::toBase64(noise(160)), delta_ = base::toBase64(noise(path_.model_bytes));
  std::string text_;
  long sequence_ = 1, chunk_ = 0, event_ = 10'000'000'000'000, to_model_ = 0, to_carrier_ = 0;
};

void Call::configure() {
  model_->receive();
  if (std::string_view(path_.voice) == "gemini") return model_->send(R"({"setupComplete":{}})");
  const std::string type = std::string_view(path_.format) == "pcmu" ? "audio/pcmu" : "audio/pcm";
  const std::string side = R"({"format":{"type":")" + type + R"("}})";
  model_->send(R"({"type":"session.updated","event_id":"event_1","session":{"type":"realtime","audio":{"input":)" +
               side + R"(,"output":)" + side + "}}}");
}

void Call::carrierFrame() {
  ++chunk_;
  text_ = R"({"event":"media","sequenceNumber":")" + std::to_string(++sequence_) +
          R"(","media":{"track":"inbound","chunk":")" + std::to_string(chunk_) + R"(","timestamp":")" +
          std::to_string(chunk_ * 20) + R"(","payload":")" + frame_ +
          R"("},"streamSid":"MZ0123456789abcdef0123456789abcdef"})";
  carrier_->send(text_);
}

void Call::modelDelta() {
  if (std::string_view(path_.voice) == "gemini") {
    text_ = R"({"serverContent":{"modelTurn":{"parts":[{"inlineData":{"mimeType":"audio/pcm;rate=24000","data":")" +
            delta_ + R"("}}]}}})";
  } else {
    text_ = R"({"type":"response.output_audio.delta","event_id":"event_CtFsNz)" + std::to_string(++event_) +
            R"(","response_id":"resp_CtFsNzABCDEFGHIJKLMNO","item_id":"item_CtFsNzABCDEFGHIJKLMNO",)"
            R"("output_index":0,"content_index":0,"delta":")" +
            delta_ + "\"}";
  }
  model_->send(text_);
}

}  // namespace

/// Switches the counter: instructions.sh names it.
extern "C" {
[[gnu::noinline, gnu::noclone]] void gatewayTurn(hookswitch::base::Loop& loop);
}
void gatewayTurn(hookswitch::base::Loop& loop) { loop.turn(); }

namespace {

void Call::run(int frames, bool counted) {
  std::string mark;
  for (int i = 0; i < frames; ++i) {
    clock_.move(20'000);
    carrierFrame();
    counted ? gatewayTurn(loop_) : loop_.turn();
    if (i % path_.every == 0) {
      modelDelta();
      counted ? gatewayTurn(loop_) : loop_.turn();
    }
    mark.clear();
    to_carrier_ += carrier_->drain(&mark);
    if (mark.rfind(R"({"event":"mark")", 0) == 0) {
      carrier_->send(mark);
      counted ? gatewayTurn(loop_) : loop_.turn();
    }
    to_model_ += model_->drain();
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Path* path = nullptr;
    for (const Path& one : paths)
      if (argc == 4 && std::string_view(one.name) == argv[2]) path = &one;
    if (!path) fail("usage: hookswitch-frames PLUGINS pcmu|pcm24|talk|gemini FRAMES");
    const int frames = std::atoi(argv[3]);
    Call call(argv[1], *path);
    call.speak(path->ahead);
    call.run(500, false);  // buffers have their size, and what is looked up once has been
    const long model = call.messagesToModel(), carrier = call.messagesToCarrier();
    call.run(frames, true);
    std::printf("%s: %d frames, %ld messages to the model, %ld to the carrier\n", path->name, frames,
                call.messagesToModel() - model, call.messagesToCarrier() - carrier);
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 2;
  }
}
