// What every run needs: a directory of its own, and a certificate for the model.
#pragma once

#include <openssl/ssl.h>

#include <string>

#include "tests/bench/storm/program.hpp"

namespace storm {

class Workshop {
 public:
  Workshop();  ///< throws std::runtime_error
  ~Workshop();
  Workshop(const Workshop&) = delete;

  std::string nextDirectory();  ///< a new one, for a program
  /// What sessions of the model are encrypted with; null for a load without TLS.
  SSL_CTX* tlsOf(const Load& load) const { return load.tls ? tls_ : nullptr; }
  const std::string& certificate() const { return certificate_; }

 private:
  std::string path_, certificate_;
  SSL_CTX* tls_ = nullptr;
  unsigned count_ = 0;
};

}  // namespace storm
