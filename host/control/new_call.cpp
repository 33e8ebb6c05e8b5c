#include "host/control/new_call.hpp"

#include <memory>
#include <utility>

#include "host/base/clock.hpp"
#include "host/base/ids.hpp"
#include "host/base/secret.hpp"
#include "host/control/plugins.hpp"

namespace hookswitch::control {
namespace {

/// http becomes ws, https becomes wss: carriers are given the address of a WebSocket.
std::string mediaUrl(const std::string& base_url, const std::string& prefix) {
  const bool tls = base_url.compare(0, 8, "https://") == 0;
  const std::size_t host = base_url.find("://");
  return (tls ? "wss" : "ws") + (host == std::string::npos ? "://" + base_url : base_url.substr(host)) + prefix +
         base::newToken();
}

}  // namespace

call::Record beginRecord(call::Terms terms, const std::string& remote_id, call::Status status, const call::Now& now) {
  call::Record record;
  record.terms = std::make_shared<const call::Terms>(std::move(terms));
  record.remote_id = remote_id;
  record.status = status;
  record.started_unix_ms = now.unix_ms;
  record.started_ms = now.all_ms;
  record.boot = base::bootId();
  return record;
}

call::Call& newCall(call::Table& table, const Plugins& plugins, const call::Setting& setting, call::Terms terms,
                    const std::string& remote_id, const call::Now& now) {
  std::string prefix;
  for (auto& endpoint : plugins.endpoints())
    if (endpoint.plugin == terms.carrier) prefix = endpoint.prefix;
  terms.id = base::newId();
  terms.media_url = mediaUrl(terms.base_url, prefix.empty() ? "/" + terms.carrier + "/" : prefix);
  const bool incoming = terms.direction == call::Direction::incoming;
  return table.add(
      beginRecord(std::move(terms), remote_id, incoming ? call::Status::ringing : call::Status::initiating, now),
      incoming ? call::Leg::named : call::Leg::dialling, setting);
}

std::string withoutSlash(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

}  // namespace hookswitch::control
