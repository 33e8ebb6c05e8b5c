// hookswitch-transcript: loads a plugin as the gateway does and plays transcripts against it.
#include "transcript.hpp"

#include <dlfcn.h>

#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

constexpr char usage[] =
    "usage: hookswitch-transcript [-v] PLUGIN.so [FILE.transcript]...\n"
    "Plays every transcript twice: as a host of this version and as a later one, whose records are longer.\n"
    "Without a transcript it describes the plugin. -v prints every message.\n"
    "Exit code: 0 all held, 1 a transcript failed, 2 the plugin cannot be loaded or the arguments are wrong.\n";

constexpr const char* roles[] = {HKS_ROLE_CONTROL, HKS_ROLE_NOTIFIER, HKS_ROLE_CARRIER, HKS_ROLE_VOICE};

/// NULL after a sentence on stderr.
const hks_entry* load(const std::string& file) {
  // A name without a slash would be searched in the library path instead of here.
  const std::string path = file.find('/') == std::string::npos ? "./" + file : file;
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) return std::cerr << file << ": cannot be loaded: " << dlerror() << "\n", nullptr;
  auto* entry = static_cast<const hks_entry*>(dlsym(library, "hks_plugin_entry"));
  if (!entry) {
    std::cerr << file << ": does not export hks_plugin_entry: use HKS_PLUGIN, and hookswitch_add_plugin to build it\n";
  } else if (entry->abi_major != HKS_ABI_MAJOR) {
    std::cerr << file << ": made for ABI " << entry->abi_major << ", this program speaks " << HKS_ABI_MAJOR << "\n";
    entry = nullptr;
  } else if (entry->size < HKS_ENTRY_SIZE_1_0 || !entry->get || !entry->id || !*entry->id) {
    std::cerr << file << ": hks_plugin_entry is incomplete: its size, id or get is missing\n";
    entry = nullptr;
  }
  return entry;
}

void describe(const hks_entry& entry) {
  std::cout << entry.id << ": " << entry.name << " " << entry.version << ", ABI " << entry.abi_major << "."
            << entry.abi_minor << "\n";
  for (auto role : roles)
    if (entry.get(role)) std::cout << "  role " << role << "\n";
  auto* settings = static_cast<const hks_settings*>(entry.get(HKS_SETTINGS));
  for (uint64_t i = 0; settings && i < settings->count; ++i) {
    hks_key key{};
    auto* from = reinterpret_cast<const char*>(settings->keys) + i * settings->key_size;
    std::memcpy(&key, from, settings->key_size < sizeof key ? settings->key_size : sizeof key);
    std::cout << "  setting " << key.name << " (" << (key.fallback ? key.fallback : "") << ")"
              << (key.flags & HKS_REQUIRED ? " required" : "") << (key.flags & HKS_SECRET ? " secret" : "") << ": "
              << (key.text ? key.text : "") << "\n";
  }
}

bool hold(const hks_entry& entry, const std::string& file, const hks::transcript::Options& options) {
  std::ifstream script(file);
  if (!script) return std::cerr << file << ": cannot be read\n", false;
  auto failures = hks::transcript::play(entry, file, script, options);
  for (auto& f : failures) {
    std::cerr << f.file << ":" << f.line << ": " << f.text << "\n";
    if (options.newer_host_bytes)
      std::cerr << "  (as a later host: every record " << options.newer_host_bytes << " bytes longer)\n";
  }
  return failures.empty();
}

int run(std::vector<std::string> arguments) {
  bool verbose = false;
  if (!arguments.empty() && arguments[0] == "-v") verbose = true, arguments.erase(arguments.begin());
  if (arguments.empty() || arguments[0].empty() || arguments[0][0] == '-') return std::cerr << usage, 2;
  const hks_entry* entry = load(arguments[0]);
  if (!entry) return 2;
  if (arguments.size() == 1) return describe(*entry), 0;
  bool all = true;
  for (size_t i = 1; i < arguments.size(); ++i) {
    const bool held =
        hold(*entry, arguments[i], {0, verbose ? &std::cout : nullptr}) && hold(*entry, arguments[i], {64, nullptr});
    if (held) std::cout << arguments[i] << ": holds\n";
    all = all && held;
  }
  return all ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    std::cerr << "hookswitch-transcript: " << e.what() << "\n";
    return 2;
  }
}
