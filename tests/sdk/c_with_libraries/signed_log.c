/* A plugin of plain C with libraries: the HMAC of OpenSSL and one of its own. */
#include <hookswitch/abi.h>

#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

long rounded_seconds(double ms);
struct hks_session {
  int unused;
};

static hks_session* HKS_CALL open_session(void) { return calloc(1, sizeof(hks_session)); }
static void HKS_CALL close_session(hks_session* self) { free(self); }
static hks_status HKS_CALL step(hks_session* self, const hks_msg* in, const hks_sink* out) {
  (void)self;
  if (in->type != HKS_START) return HKS_OK;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!HMAC(EVP_sha256(), "key", 3, (const unsigned char*)"text", 4, digest, &size)) return HKS_FAULT;
  char text[96];
  const int n = snprintf(text, sizeof text, "%ld s, signed %02x%02x of %u bytes", rounded_seconds(1600), digest[0],
                         digest[1], size);
  hks_notice line = {{sizeof line, HKS_LOG, 0}, {NULL, 0}, {text, (size_t)n}, HKS_INFO, 0};
  return out->put(out, &line.msg);
}

static const hks_role control = {open_session, step, close_session};
static const void* HKS_CALL get(const char* id) { return strcmp(id, HKS_ROLE_CONTROL) ? NULL : &control; }
const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR, HKS_ABI_MINOR, sizeof(hks_entry), 0,
                                    "signed_log",  "Signed log",  "1.0.0",           get};
