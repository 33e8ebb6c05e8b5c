#include "host/net/tls_sessions.hpp"

#include <openssl/ssl.h>

#include <ctime>
#include <new>
#include <utility>

namespace hookswitch::net {
namespace {

/// Where a context keeps its sessions, and a connection the host that it is to. OpenSSL frees both with their owners.
int sessionsIndex() {
  static const int index = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* kept, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<TlsSessions*>(kept); });
  return index;
}
int hostIndex() {
  static const int index = SSL_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* host, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<std::string*>(host); });
  return index;
}

TlsSessions* sessionsOf(const SSL* connection) {
  return static_cast<TlsSessions*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), sessionsIndex()));
}

/// OpenSSL's callback, inside a read of the connection. 1: the session is ours now.
int received(SSL* connection, SSL_SESSION* session) noexcept {
  TlsSessions* sessions = sessionsOf(connection);
  const auto* host = static_cast<const std::string*>(SSL_get_ex_data(connection, hostIndex()));
  if (sessions == nullptr || host == nullptr) return 0;
  TlsSession ours(session);
  try {
    sessions->put(*host, std::move(ours));
  } catch (const std::bad_alloc&) {
    // It is freed; the next handshake is a whole one.
  }
  return 1;
}

bool usable(const SSL_SESSION* session) {
  const auto now = long(std::time(nullptr)), begin = long(SSL_SESSION_get_time(session));
  return SSL_SESSION_is_resumable(session) == 1 && begin <= now && now - begin < long(SSL_SESSION_get_timeout(session));
}

}  // namespace

void TlsSessionFree::operator()(ssl_session_st* session) const noexcept { SSL_SESSION_free(session); }

void TlsSessions::attach(ssl_ctx_st* context) {
  auto sessions = std::make_unique<TlsSessions>();
  if (SSL_CTX_set_ex_data(context, sessionsIndex(), sessions.get()) != 1) return;
  sessions.release();
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, received);
}

void TlsSessions::resume(ssl_st* connection, const std::string& host) {
  TlsSessions* sessions = sessionsOf(connection);
  auto name = std::make_unique<std::string>(host);
  if (sessions == nullptr || SSL_set_ex_data(connection, hostIndex(), name.get()) != 1) return;
  name.release();
  if (const TlsSession session = sessions->take(host)) SSL_set_session(connection, session.get());
}

void TlsSessions::put(const std::string& host, TlsSession session) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (hosts_.size() >= max_hosts && hosts_.count(host) == 0) hosts_.erase(hosts_.begin());
  auto& kept = hosts_[host];
  if (kept.size() >= max_of_a_host) kept.erase(kept.begin());
  kept.push_back(std::move(session));
}

TlsSession TlsSessions::take(const std::string& host) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return nullptr;
  auto& kept = found->second;
  while (!kept.empty()) {
    TlsSession session = std::move(kept.back());
    kept.pop_back();
    if (!usable(session.get())) continue;
    if (SSL_SESSION_get_protocol_version(session.get()) < TLS1_3_VERSION && SSL_SESSION_up_ref(session.get()) == 1)
      kept.emplace_back(session.get());
    return session;
  }
  hosts_.erase(found);
  return nullptr;
}

}  // namespace hookswitch::net
