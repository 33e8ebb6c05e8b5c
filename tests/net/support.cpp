#include "tests/net/support.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace net_test {

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int listenOn(std::uint16_t& port, bool listening) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || (listening && ::listen(fd, 64) != 0))
    throw std::runtime_error("no port");
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return fd;
}

std::string pem(const std::function<void(BIO*)>& write) {
  BIO* bio = BIO_new(BIO_s_mem());
  write(bio);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return out;
}

}  // namespace

Peer Peer::connect(std::uint16_t port, const std::shared_ptr<const TlsContext>& tls) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect");
  auto stream = std::make_unique<Stream>(fd, tls ? *tls->newClientSession("localhost") : nullptr);
  if (stream->handshakeBy(patience()).status != IoStatus::done) throw std::runtime_error("no TLS: " + stream->error());
  return Peer(std::move(stream));
}

bool Peer::more() {
  char bytes[4096];
  const IoResult got = stream_->readBy(bytes, sizeof bytes, patience());
  if (got.status == IoStatus::timedOut) throw std::runtime_error("the peer is silent for too long");
  if (got.status != IoStatus::done) return false;
  buffer_.append(bytes, got.bytes);
  return true;
}

std::string Peer::until(std::string_view marker) {
  std::size_t at = std::string::npos;
  while ((at = buffer_.find(marker)) == std::string::npos) {
    if (!more()) return std::exchange(buffer_, {});
  }
  return exactly(at + marker.size());
}

std::string Peer::exactly(std::size_t size) {
  while (buffer_.size() < size && more()) continue;
  std::string out = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return out;
}

std::string Peer::toEnd() {
  while (more()) continue;
  return std::exchange(buffer_, {});
}

std::string Peer::message() {
  const std::string head = until("\r\n\r\n");
  const std::size_t at = head.find("Content-Length: ");
  return at == std::string::npos ? head : head + exactly(std::stoul(head.substr(at + 16)));
}

ScriptedServer::ScriptedServer(Script script, std::shared_ptr<const TlsContext> tls)
    : script_(std::move(script)), tls_(std::move(tls)), listener_(listenOn(port_, true)) {
  if (::pipe(stop_) != 0) throw std::runtime_error("no pipe");
  thread_ = std::thread([this] { run(); });
}

ScriptedServer::~ScriptedServer() {
  ::close(stop_[1]);
  thread_.join();
  for (std::thread& script : scripts_) script.join();
  ::close(stop_[0]);
  ::close(listener_);
}

void ScriptedServer::run() {
  for (;;) {
    pollfd entries[] = {{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    if (::poll(entries, 2, -1) < 0) continue;
    if (entries[1].revents != 0) return;
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    scripts_.emplace_back([this, fd, number = connections_++] { serve(fd, number); });
  }
}

void ScriptedServer::serve(int fd, int number) {
  auto stream = std::make_unique<Stream>(fd, tls_ ? *tls_->newServerSession() : nullptr);
  if (stream->handshakeBy(patience()).status != IoStatus::done) return;
  Peer peer(std::move(stream));
  script_(number, peer);
  if (peer.stream().fd() >= 0) peer.stream().shutdown();
}

std::string ScriptedServer::url(std::string_view scheme, std::string_view target) const {
  return std::string(scheme) + (tls_ ? "://localhost:" : "://127.0.0.1:") + std::to_string(port_) + std::string(target);
}

std::uint16_t closedPort() {
  std::uint16_t port = 0;
  ::close(listenOn(port, false));
  return port;
}

Certificate::Certificate(const char* names) {
  EVP_PKEY* pair = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  X509* x509 = X509_new();
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -60);
  X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
  X509_set_pubkey(x509, pair);
  X509_NAME* name = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(x509, name);
  X509_EXTENSION* alternatives = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names);
  X509_add_ext(x509, alternatives, -1);
  X509_EXTENSION_free(alternatives);
  X509_sign(x509, pair, EVP_sha256());
  certificate = directory.write("certificate.pem", pem([&](BIO* bio) { PEM_write_bio_X509(bio, x509); }));
  key = directory.write(
      "key.pem", pem([&](BIO* bio) { PEM_write_bio_PrivateKey(bio, pair, nullptr, nullptr, 0, nullptr, nullptr); }));
  X509_free(x509);
  EVP_PKEY_free(pair);
}

int statusOf(const std::string& reply) {
  return reply.compare(0, 9, "HTTP/1.1 ") == 0 && reply.size() > 12 ? std::stoi(reply.substr(9, 3)) : 0;
}

std::string bodyOf(const std::string& reply) {
  const std::size_t at = reply.find("\r\n\r\n");
  return at == std::string::npos ? std::string() : reply.substr(at + 4);
}

}  // namespace net_test
