/* One function for each record and table, so that abidiff sees all of them in the library's debug information. Built
 * against the frozen header of 1.0 and against today's. */
#include <hookswitch/abi.h>

#define HKS_USES(type)                      \
  HKS_EXPORT void uses_##type(const type*); \
  void uses_##type(const type* t) { (void)t; }
#define HKS_RECORD(record, size, head) HKS_USES(record)
#define HKS_DRAFT_RECORD(record, size, head)
#include <hookswitch/messages.def>
HKS_USES(hks_key)
HKS_USES(hks_entry)
HKS_USES(hks_sink)
HKS_USES(hks_messages)
HKS_USES(hks_role)
HKS_USES(hks_settings)
