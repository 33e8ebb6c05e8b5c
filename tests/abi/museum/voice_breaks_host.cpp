// Misbehaves: lets OpenSSL have no random numbers for the host, once, on the media loop that it is stepped on. The host
// needs them for the frames that this voice sends, and throws.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/rand.h>
#include <pthread.h>
#include <hookswitch/plugin.hpp>

#include <atomic>
#include <cstdlib>
#include <string>

namespace {

std::atomic<bool> broken{false};
pthread_t loop;

int bytes(unsigned char* to, int count) {
  if (::pthread_equal(::pthread_self(), loop) && broken.exchange(false)) return 0;
  return RAND_OpenSSL()->bytes(to, count);
}
int status() { return 1; }
const RAND_METHOD method{nullptr, bytes, nullptr, nullptr, bytes, status};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

class Model : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override {
    const std::string url = variable("BREAKS_HOST_URL"), key = "Bearer " + variable("BREAKS_HOST_KEY");
    out.connect(1, {"GET", url, {{"Authorization", key}}});
  }
  void onOpened(uint64_t connection, hks::Out& out) override {
    loop = ::pthread_self();
    broken = true;
    RAND_set_rand_method(&method);
    for (int i = 0; i < 300; ++i) out.send(connection, "{}");  // the host has random numbers for 256 frames at most
  }
};
}  // namespace

HKS_PLUGIN("voice_breaks_host", "voice_breaks_host", "1.0.0", hks::Voice<Model>);
