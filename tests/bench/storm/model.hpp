// The model: OpenAI's Realtime or Gemini's Live service, one session a call, in raw envelopes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/storm/scene.hpp"
#include "tests/bench/storm/websocket.hpp"

namespace storm {

class Session final : public Source {
 public:
  Session(Scene& scene, int fd, SSL* ssl) : scene_(scene), wire_(scene.loop, *this, fd, ssl, false) {}
  void ready(std::uint32_t events) override;
  /// The model says the next 200 ms, in one message.
  void speak(std::int64_t now_ns);

 private:
  std::size_t take(char* data, std::size_t size);
  void opened();
  void over();
  void says(std::string_view text);
  void configure(std::string_view text);
  void audio(std::string_view base64);
  void answer(std::string_view base64);
  void answerConverted(std::string_view base64);
  void beginAnswer(Draft& out);
  void endAnswer(Draft& out);
  void sendText(std::string_view text);

  Scene& scene_;
  Call* call_ = nullptr;
  Wire wire_;
  bool upgraded_ = false, answering_ = false;
  std::uint64_t came_bytes_ = 0;
  std::optional<std::int16_t> odd_;
};

/// Listens for sessions.
class Model final : public Source {
 public:
  /// `tls`: null, or what sessions are encrypted with.
  Model(Scene& scene, SSL_CTX* tls);
  ~Model() override;
  void ready(std::uint32_t events) override;
  int port() const { return port_; }

 private:
  Scene& scene_;
  SSL_CTX* tls_;
  int port_ = 0, fd_;
  std::vector<std::unique_ptr<Session>> sessions_;
};

}  // namespace storm
