// Whether files that the configuration names can be used. Nothing is created, changed or locked.
#pragma once

#include <string>
#include <vector>

#include "host/base/result.hpp"

namespace hookswitch::app {

struct FileFinding {
  std::string sentence;    ///< with the path, without the name of the key
  bool about_key = false;  ///< of the key's file, else of the certificate's
  bool fatal = true;       ///< false: worth a word
};

/// The PEM files of a server: there, readable, a certificate and its key, the key without a passphrase, the certificate
/// valid now. One that ends within 14 days, or is valid from later on, is worth a word. [any]
std::vector<FileFinding> checkCertificate(const std::string& certificate_file, const std::string& key_file);

/// Whether a database can be at this path: its folder is there and can be written, and so is the file if there is one.
/// An empty path is a database in memory. [any]
base::Result<void> checkStorePath(const std::string& path);

}  // namespace hookswitch::app
