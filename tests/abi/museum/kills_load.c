/* Misbehaves: dies while it is being loaded, when the environment says so. */
#include "sound.h"

__attribute__((constructor)) static void atLoading(void) {
  if (getenv("HOOKSWITCH_KILLS_LOAD")) abort();
}

const hks_entry hks_plugin_entry = {HKS_ABI_MAJOR, HKS_ABI_MINOR,      sizeof(hks_entry), 0,
                                    "kills_load",  "Dies when loaded", "1.0.0",           sound_get};
