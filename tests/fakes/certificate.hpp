// A throw-away certificate for 127.0.0.1 and localhost, so that the fakes can be reached by https and wss.
#pragma once

#include <string>

namespace fakes {

struct Certificate {
  std::string certificate_pem_file, key_pem_file;
};

/// [any] Writes fake-cert.pem and fake-key.pem (P-256, self-signed, valid for ten years, its own CA) into `directory`.
/// Throws std::runtime_error when a file cannot be written.
Certificate makeCertificate(const std::string& directory);

}  // namespace fakes
