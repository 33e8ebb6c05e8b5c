#include "host/app/file_check.hpp"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormatter.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
#include <utility>

namespace hookswitch::app {
namespace {

namespace fs = std::filesystem;
constexpr int soon_days = 14;

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using File = std::unique_ptr<std::FILE, Deleter<&std::fclose>>;
using Certificate = std::unique_ptr<X509, Deleter<&X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Deleter<&EVP_PKEY_free>>;

base::Result<File> open(const std::string& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (fs::is_directory(status)) return base::Failure("'" + path + "' is a directory, not a PEM file");
  if (!fs::exists(status) && error.value() != EACCES) return base::Failure("there is no file '" + path + "'");
  File file(std::fopen(path.c_str(), "re"));
  if (!file) return base::Failure("'" + path + "' cannot be read: " + std::strerror(errno));
  return file;
}

base::Result<Certificate> readCertificate(const std::string& path) {
  const auto file = open(path);
  if (!file) return base::Failure(file.error());
  Certificate certificate(PEM_read_X509_AUX(file->get(), nullptr, nullptr, nullptr));
  if (!certificate)
    return base::Failure("'" + path + "' holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
  return certificate;
}

std::string date(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown day";
  const Poco::DateTime when(parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min);
  return Poco::DateTimeFormatter::format(when, "%Y-%m-%d %H:%M UTC");
}

/// Notes that a passphrase was asked for, and has none.
int noPassphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

base::Result<PrivateKey> readKey(const std::string& path) {
  const auto file = open(path);
  if (!file) return base::Failure(file.error());
  bool asked = false;
  PrivateKey key(PEM_read_PrivateKey(file->get(), nullptr, &noPassphrase, &asked));
  if (!key && asked)
    return base::Failure(
        "the key '" + path +
        "' has a passphrase, which nobody is there to type; write it without: openssl pkey -in KEY -out NEW");
  if (!key) return base::Failure("'" + path + "' holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)");
  return key;
}

void judgeTimes(const X509* certificate, const std::string& path, std::vector<FileFinding>& findings) {
  const ASN1_TIME* from = X509_get0_notBefore(certificate);
  const ASN1_TIME* until = X509_get0_notAfter(certificate);
  std::time_t soon = std::time(nullptr) + soon_days * 24 * 3600;
  if (X509_cmp_current_time(until) < 0)
    findings.push_back({"the certificate '" + path + "' has expired on " + date(until) + "; renew it"});
  else if (X509_cmp_time(until, &soon) < 0)
    findings.push_back({"the certificate '" + path + "' expires soon, on " + date(until), false, false});
  if (X509_cmp_current_time(from) > 0)
    findings.push_back(
        {"the certificate '" + path + "' is not valid before " + date(from) + "; is this machine's clock right?", false,
         false});
}

}  // namespace

std::vector<FileFinding> checkCertificate(const std::string& certificate_file, const std::string& key_file) {
  std::vector<FileFinding> findings;
  const auto certificate = readCertificate(certificate_file);
  if (!certificate) findings.push_back({certificate.error()});
  const auto key = readKey(key_file);
  if (!key) findings.push_back({key.error(), true});
  if (certificate) judgeTimes(certificate->get(), certificate_file, findings);
  if (certificate && key && X509_check_private_key(certificate->get(), key->get()) != 1)
    findings.push_back(
        {"the key '" + key_file + "' does not belong to the certificate '" + certificate_file + "'", true});
  ERR_clear_error();
  return findings;
}

base::Result<void> checkStorePath(const std::string& path) {
  if (path.empty()) return {};
  std::error_code error;
  fs::path folder = fs::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const std::string shown = "'" + fs::absolute(folder, error).lexically_normal().string() + "'";
  const auto status = fs::status(folder, error);
  if (!fs::exists(status) && error.value() != EACCES)
    return base::Failure("the folder " + shown + " does not exist; create it, or name another path");
  if (fs::exists(status) && !fs::is_directory(status)) return base::Failure(shown + " is not a folder");
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    return base::Failure("the folder " + shown + " cannot be written: " + std::strerror(errno));
  const auto file = fs::status(path, error);
  if (!fs::exists(file)) return {};
  if (fs::is_directory(file)) return base::Failure("'" + path + "' is a directory; name a file in it");
  if (!fs::is_regular_file(file)) return base::Failure("'" + path + "' is not a regular file; name another");
  if (::access(path.c_str(), R_OK | W_OK) != 0)
    return base::Failure("'" + path + "' cannot be read and written: " + std::strerror(errno));
  return {};
}

}  // namespace hookswitch::app
