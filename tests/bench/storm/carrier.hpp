// The carrier: Twilio's Calls resource, the webhooks of a call, and its media stream. Or, for a program that has
// nothing but media, the stream alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/bench/storm/http.hpp"
#include "tests/bench/storm/stream.hpp"

namespace storm {

extern const char kAccount[];  ///< the account's SID

class Carrier {
 public:
  explicit Carrier(Scene& scene);

  int apiPort() const { return api_.port(); }
  /// The gateway's port: calls are placed through its API from now on.
  void useGateway(int port) { gateway_port_ = port; }
  /// Calls of a program that takes streams without further ado.
  void useStreams(int port) { stream_port_ = port; }
  void place(Call& call);
  void hangUp(Call& call);  ///< the callee does

 private:
  Reply api(std::string_view method, std::string_view target, std::string_view body);
  Reply create(std::string_view form);
  void ring(Call& call, unsigned step);
  void voice(Call& call);
  void callback(Call& call, const char* status, unsigned sequence, std::function<void(const Reply&)> done);
  void connect(Call& call, const Reply& document);

  struct Leg {
    std::string voice_url, status_url;  ///< paths on the gateway
  };
  Scene& scene_;
  int gateway_port_ = 0, stream_port_ = 0;
  std::vector<Leg> legs_;  ///< by index of the call
  std::vector<std::unique_ptr<Stream>> streams_;
  HttpServer api_;
};

}  // namespace storm
