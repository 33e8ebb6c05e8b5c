#include "tests/fakes/endpoint.hpp"

#include "tests/fakes/base64.hpp"
#include "tests/fakes/settings.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>
#include <utility>

namespace fakes {

using nlohmann::json;

namespace {

struct EndpointSettings {
  unsigned status = 200;
  std::string body = R"({"answer":42})";
  std::uint32_t delay_ms = 0;
  bool never = false, drop = false;  ///< no answer at all; the connection is cut
  template <class V>
  void visit(V&& v) {
    v("status", status), v("body", body), v("delay_ms", delay_ms), v("never", never), v("drop", drop);
  }
};

/// "v1,<base64>" of Standard Webhooks.
std::string signatureOf(const std::string& secret, const std::string& signed_text) {
  std::string key;
  if (!decodeBase64(secret.substr(6), key)) throw std::logic_error("the secret of the endpoint is no Base64");
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), int(key.size()), reinterpret_cast<const unsigned char*>(signed_text.data()),
       signed_text.size(), digest, &size);
  return "v1," + encodeBase64({reinterpret_cast<const char*>(digest), size});
}

}  // namespace

struct Endpoint::Impl {
  void answer(const Request& request, const Server::Reply& reply) {
    const std::string id(header(request.headers, "webhook-id")), at(header(request.headers, "webhook-timestamp")),
        signature(header(request.headers, "webhook-signature"));
    const bool good = signature == signatureOf(options.secret, id + "." + at + "." + request.body);
    json body = json::parse(request.body, nullptr, false);
    if (body.is_discarded()) body = request.body;
    requests.push_back({{"path", request.target},
                        {"method", request.method},
                        {"body", body},
                        {"id", id},
                        {"timestamp", at},
                        {"signature", signature.empty() ? "none"
                                      : good            ? "good"
                                                        : "bad"}});
    if (tell) tell("request", requests.back());
    if (settings.never) return held.push_back(reply);
    Response response;
    response.status = settings.status;
    response.body = settings.body;
    response.delay_ms = settings.delay_ms;
    response.drop = settings.drop;
    reply(std::move(response));
  }

  Options options;
  EndpointSettings settings;
  json requests = json::array();
  std::vector<Server::Reply> held;
  std::function<void(const std::string&, json)> tell;
  std::unique_ptr<Server> server;
};

Endpoint::Endpoint(Loop& loop, Options options) : impl_(std::make_shared<Impl>()) {
  impl_->options = std::move(options);
  Server::Handlers handlers;
  handlers.onRequest = [weak = std::weak_ptr<Impl>(impl_)](const Request& request, const Server::Reply& reply) {
    if (const auto impl = weak.lock()) impl->answer(request, reply);
  };
  impl_->server = std::make_unique<Server>(loop, impl_->options.port, std::move(handlers),
                                           impl_->options.certificate_pem_file, impl_->options.key_pem_file);
}

Endpoint::~Endpoint() = default;

std::uint16_t Endpoint::port() const { return impl_->server->port(); }

json Endpoint::command(const std::string& name, const json& args) {
  if (name != "configure") throw std::invalid_argument("the endpoint knows configure, not '" + name + "'");
  applySettings(impl_->settings, args);
  return dumpSettings(impl_->settings);
}

void Endpoint::onEvent(std::function<void(const std::string&, json)> handler) { impl_->tell = std::move(handler); }

json Endpoint::state() const {
  return {
      {"requests", impl_->requests}, {"settings", dumpSettings(impl_->settings)}, {"protocol_errors", json::array()}};
}

void Endpoint::reset() {
  impl_->server->cut();
  impl_->held.clear();
  impl_->requests = json::array();
  impl_->settings = {};
}

}  // namespace fakes
