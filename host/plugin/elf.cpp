#include "host/plugin/elf.hpp"

#include <elf.h>

#include <cstdint>
#include <cstring>

namespace hookswitch::plugin {
namespace {

#if defined(__x86_64__)
constexpr unsigned our_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned our_machine = EM_AARCH64;
#else
constexpr unsigned our_machine = EM_NONE;  // not compared: the loader will say it
#endif

/// `count` pieces of `size` bytes from `offset` lie within a file of `length` bytes.
bool within(std::uint64_t offset, std::uint64_t count, std::uint64_t size, std::uint64_t length) {
  return offset <= length && (!size || count <= (length - offset) / size);
}

base::Failure<> cutOff(std::uint64_t length) {
  return base::Failure("is cut off: it has " + std::to_string(length) +
                       " bytes and its headers speak of more; copy it again");
}

template <class T>
bool readAt(std::string_view bytes, std::uint64_t offset, T& out) {
  if (!within(offset, 1, sizeof(T), bytes.size())) return false;
  std::memcpy(&out, bytes.data() + offset, sizeof(T));
  return true;
}

/// The string at `offset` of the table that lies at `table`; empty when it leaves the table.
std::string stringAt(std::string_view bytes, std::uint64_t table, std::uint64_t table_size, std::uint64_t offset) {
  if (!within(table, table_size, 1, bytes.size()) || offset >= table_size) return {};
  const std::string_view rest = bytes.substr(table + offset, table_size - offset);
  return std::string(rest.substr(0, rest.find('\0')));
}

/// Of the standard library: the variables inside of its templates and inline functions, and their guards.
bool isStandard(const std::string& name) {
  for (const char* prefix :
       {"_ZNSt", "_ZNKSt", "_ZSt", "_ZTVSt", "_ZTISt", "_ZTSSt", "_ZN9__gnu_cxx", "_ZNK9__gnu_cxx"})
    for (const char* guard : {"", "_ZGV", "_ZZ", "_ZGVZ"}) {
      const std::string whole = *guard ? guard + std::string(prefix).substr(2) : prefix;
      if (name.compare(0, whole.size(), whole) == 0) return true;
    }
  return false;
}

template <class Act>
void eachSection(std::string_view bytes, std::uint32_t type, Act act) {
  Elf64_Ehdr header{};
  if (!readAt(bytes, 0, header) || header.e_shentsize != sizeof(Elf64_Shdr)) return;
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section{}, strings{};
    if (!readAt(bytes, header.e_shoff + i * sizeof section, section)) return;
    if (section.sh_type != type || !section.sh_entsize || !within(section.sh_offset, section.sh_size, 1, bytes.size()))
      continue;
    if (!readAt(bytes, header.e_shoff + section.sh_link * sizeof strings, strings)) continue;
    act(section, strings);
  }
}

}  // namespace

base::Result<void> checkElf(std::string_view bytes) {
  const base::Failure no_library("is not a shared library; only what hookswitch_add_plugin builds belongs here");
  const std::uint64_t length = bytes.size();
  Elf64_Ehdr header{};
  if (!readAt(bytes, 0, header)) return no_library;
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return no_library;
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      (our_machine != EM_NONE && header.e_machine != our_machine))
    return base::Failure("was built for another kind of machine; build it here");
  if (header.e_type != ET_DYN || header.e_phentsize != sizeof(Elf64_Phdr)) return no_library;
  if (!within(header.e_phoff, header.e_phnum, sizeof(Elf64_Phdr), length)) return cutOff(length);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    if (!readAt(bytes, header.e_phoff + i * sizeof segment, segment) ||
        !within(segment.p_offset, 1, segment.p_filesz, length))
      return cutOff(length);
  }
  // The section headers are the last thing a linker writes, and absent (0) from some stripped files.
  if (header.e_shoff && !within(header.e_shoff, header.e_shnum, header.e_shentsize, length)) return cutOff(length);
  return {};
}

std::vector<std::string> uniqueSymbols(std::string_view bytes) {
  std::vector<std::string> names;
  eachSection(bytes, SHT_DYNSYM, [&](const Elf64_Shdr& section, const Elf64_Shdr& strings) {
    for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= section.sh_size; at += section.sh_entsize) {
      Elf64_Sym symbol{};
      if (!readAt(bytes, section.sh_offset + at, symbol)) return;
      if (ELF64_ST_BIND(symbol.st_info) != STB_GNU_UNIQUE || symbol.st_shndx == SHN_UNDEF) continue;
      std::string name = stringAt(bytes, strings.sh_offset, strings.sh_size, symbol.st_name);
      if (!name.empty() && !isStandard(name)) names.push_back(std::move(name));
    }
  });
  return names;
}

std::vector<std::string> neededBesideItself(std::string_view bytes) {
  std::vector<std::string> needed;
  bool beside = false;
  eachSection(bytes, SHT_DYNAMIC, [&](const Elf64_Shdr& section, const Elf64_Shdr& strings) {
    for (std::uint64_t at = 0; at + sizeof(Elf64_Dyn) <= section.sh_size; at += sizeof(Elf64_Dyn)) {
      Elf64_Dyn entry{};
      if (!readAt(bytes, section.sh_offset + at, entry) || entry.d_tag == DT_NULL) return;
      auto text = [&] { return stringAt(bytes, strings.sh_offset, strings.sh_size, entry.d_un.d_val); };
      if (entry.d_tag == DT_NEEDED) needed.push_back(text());
      if (entry.d_tag == DT_RPATH || entry.d_tag == DT_RUNPATH)
        beside = beside || text().find("ORIGIN") != std::string::npos;
    }
  });
  if (!beside) needed.clear();
  return needed;
}

}  // namespace hookswitch::plugin
