#include "host/plugin/trust.hpp"

#include <algorithm>
#include <stdexcept>

namespace hookswitch::plugin {
namespace {

constexpr const char *ca_file = "tls_ca_file", *pin_sha256 = "tls_pin_sha256", *server_name = "tls_server_name";
constexpr std::size_t max_name = 253;

base::Failure<> wrong(const char* name, const std::string& sentence) {
  return base::Failure(std::string(name) + ": " + sentence);
}

const std::string& value(const Settings& settings, const char* name) {
  static const std::string none;
  const auto it = settings.find(name);
  return it == settings.end() ? none : it->second;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

base::Result<std::string> readPin(const std::string& text) {
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
    return wrong(pin_sha256,
                 "expected the SHA-256 fingerprint of a certificate, 64 hex digits with or without colons, found '" +
                     text + "'; openssl x509 -in cert.pem -noout -fingerprint -sha256 shows it");
  return bytes;
}

base::Result<std::string> readName(const std::string& text) {
  const bool fine = text.size() <= max_name && std::all_of(text.begin(), text.end(), [](unsigned char c) {
                      return c > ' ' && c < 0x7f && c != '/' && c != '*' && c != '@' && c != '[' && c != ']';
                    });
  const bool port = std::count(text.begin(), text.end(), ':') == 1;
  if (!fine || port)
    return wrong(
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

base::Result<net::TlsTrust> trustOf(const Settings& settings) {
  net::TlsTrust trust;
  if (const std::string& pin = value(settings, pin_sha256); !pin.empty()) {
    auto read = readPin(pin);
    if (!read) return base::Failure(read.error());
    trust.pin = *std::move(read);
  }
  if (const std::string& name = value(settings, server_name); !name.empty()) {
    auto read = readName(name);
    if (!read) return base::Failure(read.error());
    trust.server_name = *std::move(read);
  }
  if (const std::string& file = value(settings, ca_file); !file.empty()) {
    auto pem = net::readPem(file, "the file");
    if (!pem) return wrong(ca_file, pem.error());
    if (pem->empty()) return wrong(ca_file, "'" + file + "' is empty; expected PEM certificates");
    trust.ca_pem = *std::move(pem);
  }
  return trust;
}

base::Result<Trust> tlsOf(const Settings& settings) {
  const auto trust = trustOf(settings);
  if (!trust) return base::Failure(trust.error());
  if (*trust == net::TlsTrust{}) return Trust{};
  auto context = net::TlsContext::trusting(*trust);
  if (context) return Trust{*std::move(context)};
  if (trust->ca_pem.empty()) return base::Failure(context.error());
  return wrong(ca_file, "'" + value(settings, ca_file) + "' " + context.error());
}

std::vector<TrustProblem> trustProblems(const Settings& settings) {
  std::vector<TrustProblem> problems;
  for (const char* name : {ca_file, pin_sha256, server_name}) {
    const auto made = tlsOf({{name, value(settings, name)}});
    if (made) continue;
    std::string sentence = made.error();
    const std::string prefix = std::string(name) + ": ";
    if (sentence.compare(0, prefix.size(), prefix) == 0) sentence.erase(0, prefix.size());
    problems.push_back({name, std::move(sentence)});
  }
  return problems;
}

bool sameTrust(const Trust& a, const Trust& b) {
  static const net::TlsTrust none;
  const auto of = [](const Trust& t) -> const net::TlsTrust& { return t.context ? t.context->trust() : none; };
  return of(a) == of(b);
}

}  // namespace hookswitch::plugin
