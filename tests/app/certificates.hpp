// Certificates as people have them: valid, expired, with a passphrase, with the key of another.
#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace app_test {

/// Writes a self-signed certificate of P-256 and its key; days count from now.
struct Certificate {
  Certificate(const std::filesystem::path& certificate, const std::filesystem::path& key, int from_days = -1,
              int until_days = 365, const std::string& passphrase = {}) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), &X509_free);
    X509_set_version(x509.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509.get()), from_days * 86400L);
    X509_gmtime_adj(X509_getm_notAfter(x509.get()), until_days * 86400L);
    X509_set_pubkey(x509.get(), pair.get());
    X509_NAME* name = X509_get_subject_name(x509.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("gateway.example"), -1,
                               -1, 0);
    X509_set_issuer_name(x509.get(), name);
    if (!X509_sign(x509.get(), pair.get(), EVP_sha256())) throw std::runtime_error("no certificate could be made");
    with(certificate, [&](std::FILE* f) { return PEM_write_X509(f, x509.get()); });
    with(key, [&](std::FILE* f) {
      return PEM_write_PrivateKey(
          f, pair.get(), passphrase.empty() ? nullptr : EVP_aes_256_cbc(),
          passphrase.empty() ? nullptr : reinterpret_cast<const unsigned char*>(passphrase.data()),
          int(passphrase.size()), nullptr, nullptr);
    });
  }

 private:
  template <class Write>
  static void with(const std::filesystem::path& path, Write write) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "we"), &std::fclose);
    if (!file || write(file.get()) != 1) throw std::runtime_error("cannot write " + path.string());
  }
};

}  // namespace app_test
