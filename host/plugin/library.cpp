#include "host/plugin/library.hpp"

#include "host/plugin/elf.hpp"
#include "host/plugin/steps.hpp"
#include "host/plugin/trust.hpp"

#include <cxxabi.h>
#include <hookswitch/draft.h>
#include <sys/stat.h>
#include <unistd.h>

// Boost.DLL with the standard library's filesystem and error codes.
#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

namespace hookswitch::plugin {
namespace {

constexpr std::uint64_t most_drafts = 64;

/// Whoever may write the file may run code in the gateway. The directory counts too: it allows to swap the file.
base::Result<void> checkFile(const std::string& file) {
  struct stat s {};
  if (::stat(file.c_str(), &s) != 0) return base::Failure("cannot be read: " + std::string(std::strerror(errno)));
  if (!S_ISREG(s.st_mode)) return base::Failure("is not a regular file");
  if (s.st_mode & S_IWOTH)
    return base::Failure(
        "is writable by everybody; take the right away with chmod o-w, since whoever may write it may run code here");
  if (s.st_uid != 0 && s.st_uid != ::geteuid())
    return base::Failure("belongs to another user; a plugin must belong to root or to the user the gateway runs as");
  const std::string folder = std::filesystem::path(file).parent_path().string();
  struct stat d {};
  if (::stat(folder.empty() ? "." : folder.c_str(), &d) == 0 && (d.st_mode & S_IWOTH) && !(d.st_mode & S_ISVTX))
    return base::Failure("lies in a directory that everybody may write to; take the right away with chmod o-w " +
                         folder);
  return {};
}

/// The dynamic loader's own sentence, without the path that it repeats and without what Boost.DLL puts around it:
/// "load() failed (dlerror system message: ...): Bad file descriptor", where the last is its own word for any failure.
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
    if (size == 32 || !(letter(id[size]) || (id[size] >= '0' && id[size] <= '9') || id[size] == '_' || id[size] == '-'))
      return false;
  return true;
}

/// A symbol's name as its author wrote it.
std::string readable(const std::string& symbol) {
  int status = 0;
  char* name = abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status);
  const std::string text = name ? "'" + std::string(name) + "'" : "'" + symbol + "'";
  std::free(name);
  return text;
}

std::string version(std::uint32_t major, std::uint32_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

using Handle = boost::dll::shared_library;

/// Everything that was ever handed to the dynamic loader. Threads of a library that was unloaded under them crash long
/// after, so what was loaded stays, also while the process ends. [main]
struct Loaded {
  struct Owner {
    std::string file;
    std::size_t digest = 0;
  };
  std::map<std::pair<std::size_t, std::size_t>, Handle> by_content;  // size and digest
  std::map<std::string, Owner> uniques;                              // by symbol
};
Loaded& loaded() {
  static auto* all = new Loaded;
  return *all;
}

/// Two libraries with one such name would run each other's code and use each other's variables.
base::Result<void> checkUniques(const Image& image, const std::string& file) {
  for (auto& name : uniqueSymbols(image.bytes)) {
    const auto other = loaded().uniques.find(name);
    if (other == loaded().uniques.end() || other->second.digest == image.digest) continue;
    if (other->second.file == file)
      return base::Failure(
          "exports the symbol " + readable(name) +
          " as unique in the process, and so does an earlier version of it that was loaded; restart the gateway");
    return base::Failure(
        "exports the symbol " + readable(name) + " as unique in the process, and so does " + other->second.file +
        ": the two would run each other's code; build it with hookswitch_add_plugin, or with -fno-gnu-unique and "
        "-fvisibility=hidden");
  }
  return {};
}

base::Result<Handle> open(const Image& image, const std::string& file);

/// What the library needs and has beside itself. A library that looks for others there finds nothing beside its copy:
/// they are loaded before it, and the dynamic loader knows them by their names then.
base::Result<void> openNeeded(const Image& image, const std::string& file) {
  const std::filesystem::path origin = std::filesystem::path(file).parent_path();
  for (auto& needed : neededBesideItself(image.bytes)) {
    const std::string beside = (origin / needed).string();
    if (needed.find('/') != std::string::npos || !std::filesystem::exists(beside)) continue;
    if (const auto good = checkFile(beside); !good) return base::Failure(needed + " " + good.error());
    const auto other = readImage(beside);
    if (!other) return base::Failure(needed + " " + other.error());
    auto good = checkElf(other->bytes);
    if (good) good = checkUniques(*other, beside);
    if (!good) return base::Failure(needed + " " + good.error());
    if (const auto opened = open(*other, beside); !opened) return base::Failure(opened.error());
  }
  return {};
}

base::Result<Handle> open(const Image& image, const std::string& file) {
  const auto key = std::make_pair(image.bytes.size(), image.digest);
  if (auto known = loaded().by_content.find(key); known != loaded().by_content.end()) return known->second;
  if (const auto needed = openNeeded(image, file); !needed) return base::Failure(needed.error());
  const auto path = privateCopy(image, std::filesystem::path(file).filename().string());
  if (!path) return base::Failure(path.error());
  try {
    for (auto& name : uniqueSymbols(image.bytes)) loaded().uniques[name] = {file, image.digest};
    Handle so(std::filesystem::path(*path), boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    return loaded().by_content.emplace(key, std::move(so)).first->second;
  } catch (const std::system_error& e) {
    ::close(std::stoi(path->substr(path->rfind('/') + 1)));
    return base::Failure(loaderMessage(e, *path));
  }
}

Examined loadImage(const Image& image, const std::string& file) {
  if (const auto good = checkElf(image.bytes); !good) return base::Failure(good.error());
  if (const auto good = checkUniques(image, file); !good) return base::Failure(good.error());
  // Constructors of the library run now, and its own functions below: what dies here shall not kill every start.
  const Stepped loading{std::filesystem::path(file).filename().string(), "load", {}};
  const Step mark(loading, nullptr);
  try {
    const auto so = open(image, file);
    if (!so) return base::Failure("cannot be loaded: " + so.error());
    if (!so->has("hks_plugin_entry"))
      return base::Failure(
          "does not export hks_plugin_entry, so it is not a plugin of this gateway; end it with HKS_PLUGIN(...)");
    return examine(so->get<const hks_entry>("hks_plugin_entry"), file);
  } catch (const std::exception& e) {  // of the library's own constructors and functions
    return base::Failure(std::string("cannot be loaded: ") + e.what());
  }
}

base::Result<void> checkEntry(const hks_entry& entry) {
  // The version stands first in every ABI there will ever be; nothing else may be trusted before it.
  if (entry.abi_major != HKS_ABI_MAJOR)
    return base::Failure("speaks plugin ABI " + version(entry.abi_major, entry.abi_minor) + ", this gateway speaks " +
                         version(HKS_ABI_MAJOR, HKS_ABI_MINOR) + "; rebuild the plugin with this gateway's SDK");
  if (entry.size < HKS_ENTRY_SIZE_1_0)
    return base::Failure("has an entry of " + std::to_string(entry.size) + " bytes, ABI 1.0 has " +
                         std::to_string(HKS_ENTRY_SIZE_1_0) + "; set hks_entry.size to sizeof(hks_entry)");
  if (entry.reserved)
    return base::Failure("has hks_entry.reserved " + std::to_string(entry.reserved) + "; set it to 0");
  if (!isId(entry.id))
    return base::Failure("has the id '" + std::string(entry.id ? entry.id : "") +
                         "'; expected 1 to 32 of a-z 0-9 _ - that begin with a letter");
  if (!entry.get) return base::Failure("has no get function; set hks_entry.get");
  return {};
}

}  // namespace

bool Library::listensTo(std::uint32_t draft) const {
  return std::find(drafts.begin(), drafts.end(), draft) != drafts.end();
}

Examined examine(const hks_entry& entry, const std::string& file) {
  if (const auto good = checkEntry(entry); !good) return base::Failure(good.error());

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
  if (control && notifier)
    return base::Failure("offers both the control and the notifier role; choose one, they share one session");
  library->control = control ? control : notifier;
  library->notifier = notifier != nullptr;
  for (const hks_role* r : {library->control, library->carrier, library->voice})
    if (r && (!r->open || !r->step || !r->close))
      return base::Failure("has a role table with an empty function; fill in open, step and close");
  if (control) library->roles.push_back("control");
  if (notifier) library->roles.push_back("notifier");
  if (library->carrier) library->roles.push_back("carrier");
  if (library->voice) library->roles.push_back("voice");
  if (library->roles.empty())
    return base::Failure("offers no role; return a table for at least one of the HKS_ROLE_ ids");
  const auto* settings = static_cast<const hks_settings*>(entry.get(HKS_SETTINGS));
  if (const auto good = checkKeys(settings); !good) return base::Failure(good.error());
  library->keys = readKeys(settings);
  addTrustKeys(library->keys);
  // A draft of another release is not asked for by this one, so numbers that are unknown here do no harm.
  if (const auto* listens = static_cast<const hks_draft_listens*>(entry.get(HKS_DRAFT_LISTENS)))
    if (listens->types) library->drafts.assign(listens->types, listens->types + std::min(listens->count, most_drafts));
  return std::shared_ptr<const Library>(std::move(library));
}

LoadedFile load(const std::string& file) {
  if (const auto good = checkFile(file); !good) return {base::Failure(good.error()), {}};
  const auto image = readImage(file);
  if (!image) return {base::Failure(image.error()), {}};
  return {loadImage(*image, file), image->stamp, image->digest};
}

}  // namespace hookswitch::plugin
