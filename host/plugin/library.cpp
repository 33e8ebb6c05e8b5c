#include "host/plugin/library.hpp"

#include "host/plugin/elf.hpp"
#include "host/plugin/trust.hpp"

#include <sys/stat.h>
#include <unistd.h>

// Boost.DLL with the standard library's filesystem and error codes.
#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace hookswitch::plugin {
namespace {

LoadResult refused(std::string why) { return {nullptr, std::move(why)}; }

/// Whoever may write the file may run code in the gateway. The directory counts too: it allows to swap the file.
std::string checkFile(const std::string& file) {
  struct stat s {};
  if (::stat(file.c_str(), &s) != 0) return "cannot be read: " + std::string(std::strerror(errno));
  if (!S_ISREG(s.st_mode)) return "is not a regular file";
  if (s.st_mode & S_IWOTH) return "is writable by everybody; take the right away with chmod o-w, since whoever may write it may run code here";
  if (s.st_uid != 0 && s.st_uid != ::geteuid())
    return "belongs to another user; a plugin must belong to root or to the user the gateway runs as";
  const std::string folder = std::filesystem::path(file).parent_path().string();
  struct stat d {};
  if (::stat(folder.empty() ? "." : folder.c_str(), &d) == 0 && (d.st_mode & S_IWOTH) && !(d.st_mode & S_ISVTX))
    return "lies in a directory that everybody may write to; take the right away with chmod o-w " + folder;
  return {};
}

/// The dynamic loader's own sentence, without the path that it repeats and without what Boost.DLL puts around it: "load()
/// failed (dlerror system message: ...): Bad file descriptor", where the last is its own word for any failure.
std::string loaderMessage(const std::system_error& e, const std::string& file) {
  const std::string before = "(dlerror system message: ", after = "): " + e.code().message();
  std::string text = e.what();
  const std::size_t begin = text.find(before), end = text.rfind(after);
  if (begin != std::string::npos && end != std::string::npos && begin + before.size() <= end)
    text = text.substr(begin + before.size(), end - begin - before.size());
  for (std::size_t at; (at = text.find(file + ": ")) != std::string::npos;) text.erase(at, file.size() + 2);
  return text;
}

/// 1 to 32 of a-z 0-9 _ - that begin with a letter; it becomes the name of an INI section and part of log lines.
bool isId(const char* id) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  if (!id || !letter(*id)) return false;
  std::size_t size = 1;
  for (; id[size]; ++size)
    if (size == 32 || !(letter(id[size]) || (id[size] >= '0' && id[size] <= '9') || id[size] == '_' || id[size] == '-')) return false;
  return true;
}

std::string version(std::uint32_t major, std::uint32_t minor) { return std::to_string(major) + "." + std::to_string(minor); }

}  // namespace

LoadResult examine(const hks_entry& entry, const std::string& file) {
  // The version stands first in every ABI there will ever be; nothing else may be trusted before it.
  if (entry.abi_major != HKS_ABI_MAJOR)
    return refused("speaks plugin ABI " + version(entry.abi_major, entry.abi_minor) + ", this gateway speaks " +
                   version(HKS_ABI_MAJOR, HKS_ABI_MINOR) + "; rebuild the plugin with this gateway's SDK");
  if (entry.size < HKS_ENTRY_SIZE_1_0)
    return refused("has an entry of " + std::to_string(entry.size) + " bytes, ABI 1.0 has " + std::to_string(HKS_ENTRY_SIZE_1_0) +
                   "; set hks_entry.size to sizeof(hks_entry)");
  if (!isId(entry.id))
    return refused("has the id '" + std::string(entry.id ? entry.id : "") + "'; expected 1 to 32 of a-z 0-9 _ - that begin with a letter");
  if (!entry.get) return refused("has no get function; set hks_entry.get");

  auto library = std::make_shared<Library>();
  library->file = file;
  library->id = entry.id;
  library->name = entry.name && *entry.name ? entry.name : entry.id;
  library->version = entry.version ? entry.version : "";
  library->abi = version(entry.abi_major, entry.abi_minor);
  auto role = [&](const char* id) { return static_cast<const hks_role*>(entry.get(id)); };
  const hks_role* control = role(HKS_ROLE_CONTROL);
  const hks_role* notifier = role(HKS_ROLE_NOTIFIER);
  library->carrier = role(HKS_ROLE_CARRIER);
  library->voice = role(HKS_ROLE_VOICE);
  if (control && notifier) return refused("offers both the control and the notifier role; choose one, they share one session");
  library->control = control ? control : notifier;
  library->notifier = notifier != nullptr;
  for (const hks_role* r : {library->control, library->carrier, library->voice})
    if (r && (!r->open || !r->step || !r->close)) return refused("has a role table with an empty function; fill in open, step and close");
  if (control) library->roles.push_back("control");
  if (notifier) library->roles.push_back("notifier");
  if (library->carrier) library->roles.push_back("carrier");
  if (library->voice) library->roles.push_back("voice");
  if (library->roles.empty()) return refused("offers no role; return a table for at least one of the HKS_ROLE_ ids");
  library->keys = readKeys(static_cast<const hks_settings*>(entry.get(HKS_SETTINGS)));
  addTrustKeys(library->keys);
  return {library, {}};
}

LoadResult load(const std::string& file) {
  if (std::string why = checkFile(file); !why.empty()) return refused(why);
  if (std::string why = checkElf(file); !why.empty()) return refused(why);
  try {
    boost::dll::shared_library so(std::filesystem::path(file), boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    if (!so.has("hks_plugin_entry"))
      return refused("does not export hks_plugin_entry, so it is not a plugin of this gateway; end it with HKS_PLUGIN(...)");
    LoadResult result = examine(so.get<const hks_entry>("hks_plugin_entry"), file);
    // Threads of a library that was unloaded under them crash long after; what was loaded stays.
    static std::vector<boost::dll::shared_library> never_unloaded;
    never_unloaded.push_back(std::move(so));
    return result;
  } catch (const std::system_error& e) {
    return refused("cannot be loaded: " + loaderMessage(e, file));
  } catch (const std::exception& e) {
    return refused(std::string("cannot be loaded: ") + e.what());
  }
}

}  // namespace hookswitch::plugin
