#include "host/plugin/trust.hpp"

#include <algorithm>
#include <stdexcept>

namespace hookswitch::plugin {
namespace {

constexpr const char *ca_file = "tls_ca_file", *pin_sha256 = "tls_pin_sha256", *server_name = "tls_server_name";
constexpr std::size_t max_name = 253;

std::runtime_error wrong(const char* name, const std::string& sentence) {
  return std::runtime_error(std::string(name) + ": " + sentence);
}

const std::string& value(const std::map<std::string, std::string>& settings, const char* name) {
  static const std::string none;
  const auto it = settings.find(name);
  return it == settings.end() ? none : it->second;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string readPin(const std::string& text) {
  std::string bytes;
  int high = -1;
  for (const char c : text) {
    if (c == ':' && high < 0) continue;
    const int d = digit(c);
    if (d < 0) {
      high = 0;
      bytes.clear();
      break;
    }
    if (high < 0)
      high = d;
    else
      bytes += char(high * 16 + d), high = -1;
  }
  if (high >= 0 || bytes.size() != 32)
    throw wrong(pin_sha256,
                "expected the SHA-256 fingerprint of a certificate, 64 hex digits with or without colons, found '" +
                    text + "'; openssl x509 -in cert.pem -noout -fingerprint -sha256 shows it");
  return bytes;
}

std::string readName(const std::string& text) {
  const bool fine = text.size() <= max_name && std::all_of(text.begin(), text.end(), [](unsigned char c) {
                      return c > ' ' && c < 0x7f && c != '/' && c != '*' && c != '@' && c != '[' && c != ']';
                    });
  const bool port = std::count(text.begin(), text.end(), ':') == 1;
  if (!fine || port)
    throw wrong(
        server_name,
        "expected the name or address in the server's certificate, without scheme and port, found '" + text + "'");
  return text;
}

}  // namespace

void addTrustKeys(std::vector<Key>& keys) {
  const auto add = [&](const char* name, const char* text) {
    if (std::none_of(keys.begin(), keys.end(), [&](const Key& k) { return k.name == name; }))
      keys.push_back({name, "", text, HKS_TEXT, false, false, {}});
  };
  add(ca_file,
      "TLS of this plugin's connections: PEM file of the certificates to trust instead of the system's authorities");
  add(pin_sha256,
      "TLS: SHA-256 fingerprint of the server's own certificate, 64 hex digits; alone it is enough, also for a "
      "self-signed one without a name");
  add(server_name, "TLS: the name to send and to expect in the certificate, instead of the one in the address");
}

net::TlsTrust trustOf(const std::map<std::string, std::string>& settings) {
  net::TlsTrust trust;
  if (const std::string& pin = value(settings, pin_sha256); !pin.empty()) trust.pin = readPin(pin);
  if (const std::string& name = value(settings, server_name); !name.empty()) trust.server_name = readName(name);
  if (const std::string& file = value(settings, ca_file); !file.empty()) {
    try {
      trust.ca_pem = net::readPem(file, "the file");
    } catch (const std::runtime_error& e) {
      throw wrong(ca_file, e.what());
    }
    if (trust.ca_pem.empty()) throw wrong(ca_file, "'" + file + "' is empty; expected PEM certificates");
  }
  return trust;
}

std::shared_ptr<const net::TlsContext> tlsOf(const std::map<std::string, std::string>& settings) {
  const net::TlsTrust trust = trustOf(settings);
  if (trust == net::TlsTrust{}) return nullptr;
  try {
    return net::TlsContext::trusting(trust);
  } catch (const std::runtime_error& e) {
    if (trust.ca_pem.empty()) throw;
    throw wrong(ca_file, "'" + value(settings, ca_file) + "' " + e.what());
  }
}

std::vector<TrustProblem> trustProblems(const std::map<std::string, std::string>& settings) {
  std::vector<TrustProblem> problems;
  for (const char* name : {ca_file, pin_sha256, server_name}) {
    try {
      tlsOf({{name, value(settings, name)}});
    } catch (const std::exception& e) {
      std::string sentence = e.what();
      const std::string prefix = std::string(name) + ": ";
      if (sentence.compare(0, prefix.size(), prefix) == 0) sentence.erase(0, prefix.size());
      problems.push_back({name, std::move(sentence)});
    }
  }
  return problems;
}

bool sameTrust(const std::shared_ptr<const net::TlsContext>& a, const std::shared_ptr<const net::TlsContext>& b) {
  static const net::TlsTrust none;
  return (a ? a->trust() : none) == (b ? b->trust() : none);
}

}  // namespace hookswitch::plugin
