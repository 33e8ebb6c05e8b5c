// Misbehaves: sends records that a host can see to be wrong. GET /malformed (open) answers what the sink said to each,
// as a JSON list in the order below. In between and afterwards it works: it hooks NOTIFY and answers.
#include <hookswitch/json.hpp>
#include <hookswitch/plugin.hpp>

#include <cstring>
#include <string>
#include <vector>

struct hks_session {
  std::vector<hks_status> said;
};

namespace {

template <class M>
M message(uint32_t type, uint32_t size = sizeof(M)) {
  M m{};
  reinterpret_cast<hks_msg&>(m) = {size, type, 0};
  return m;
}

void misbehave(hks_session* self, const hks_sink* out) {
  auto put = [&](const auto& m) { self->said.push_back(out->put(out, reinterpret_cast<const hks_msg*>(&m))); };
  self->said.push_back(out->put(out, nullptr));       // nothing at all
  put(message<hks_hook>(HKS_HOOK, 0));                // size 0
  put(message<hks_hook>(HKS_HOOK, 8));                // shorter than hks_msg
  put(message<hks_hook>(HKS_HOOK, sizeof(hks_msg)));  // shorter than its record
  put(message<hks_msg>(0));                           // no type
  put(message<hks_msg>(4242));                        // a type nobody knows
  put(message<hks_start>(HKS_START));                 // the host's to send
  put(message<hks_phase>(HKS_CALL_PHASE));            // the host's to send
  auto text = message<hks_notice>(HKS_NOTICE);
  text.text.size = 100;  // a length without bytes
  put(text);
  static const char byte = 'x';
  text.text = {&byte, size_t(1) << 40};  // a length beyond any limit: not to be read
  put(text);
  auto request = message<hks_http>(HKS_HTTP_CALL);
  request.header_count = 3;  // headers without an array
  put(request);
  request.headers = reinterpret_cast<const hks_pair*>(&byte);
  request.header_count = uint64_t(1) << 60;  // more than any limit: not to be read
  put(request);
}

hks_session* HKS_CALL open() { return new hks_session; }
void HKS_CALL close(hks_session* s) { delete s; }
hks_status HKS_CALL step(hks_session* self, const hks_msg* in, const hks_sink* sink) {
  hks::Out out(sink);
  if (in->type == HKS_START) {
    misbehave(self, sink);
    out.hook(HKS_PHASE_NOTIFY, 1000);
    out.route("GET", "/malformed", HKS_ROUTE_OPEN);
  } else if (in->type == HKS_CALL_PHASE) {
    out.hookDone(in->id);
  } else if (in->type == HKS_HTTP_REQUEST) {
    hks::json::Array list;
    for (hks_status s : self->said) list.raw(std::to_string(s));
    out.reply(in->id, 200, "application/json", list.str());
  }
  return HKS_OK;
}
constexpr hks_role role{&open, &step, &close};
const void* HKS_CALL get(const char* id) { return std::strcmp(id, HKS_ROLE_CONTROL) ? nullptr : &role; }

}  // namespace

extern "C" const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR, HKS_ABI_MINOR,       sizeof(hks_entry), 0,
                                               "malformed",   "Malformed records", "1.0.0",           &get};
