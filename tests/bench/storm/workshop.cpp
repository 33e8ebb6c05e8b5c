#include "tests/bench/storm/workshop.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "tests/fakes/certificate.hpp"

namespace storm {

namespace {

std::string newDirectory() {
  char name[] = "/tmp/hookswitch-storm-XXXXXX";
  if (!::mkdtemp(name)) throw std::runtime_error("cannot make a directory in /tmp");
  return name;
}

}  // namespace

Workshop::Workshop() : path_(newDirectory()) {
  const fakes::Certificate files = fakes::makeCertificate(path_);
  certificate_ = files.certificate_pem_file;
  tls_ = SSL_CTX_new(TLS_server_method());
  if (!tls_ || SSL_CTX_use_certificate_file(tls_, certificate_.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_use_PrivateKey_file(tls_, files.key_pem_file.c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("OpenSSL does not take the certificate of this run");
  SSL_CTX_set_mode(tls_,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}

Workshop::~Workshop() {
  SSL_CTX_free(tls_);
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Workshop::nextDirectory() {
  const std::string inside = path_ + "/" + std::to_string(++count_);
  std::filesystem::create_directory(inside);
  return inside;
}

}  // namespace storm
