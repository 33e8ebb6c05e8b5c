#include "host/plugin/elf.hpp"

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <fstream>

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
  return offset <= length && count * size <= length - offset;  // count and size are 16-bit, or count is 1
}

std::string cutOff(std::uint64_t length) {
  return "is cut off: it has " + std::to_string(length) + " bytes and its headers speak of more; copy it again";
}

}  // namespace

std::string checkElf(const std::string& file) {
  const char* const no_library = "is not a shared library; only what hookswitch_add_plugin builds belongs here";
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return "cannot be read";
  const auto length = std::uint64_t(in.tellg());
  Elf64_Ehdr header;
  in.seekg(0);
  if (length < sizeof header || !in.read(reinterpret_cast<char*>(&header), sizeof header)) return no_library;
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return no_library;
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      (our_machine != EM_NONE && header.e_machine != our_machine))
    return "was built for another kind of machine; build it here";
  if (header.e_type != ET_DYN || header.e_phentsize != sizeof(Elf64_Phdr)) return no_library;
  if (!within(header.e_phoff, header.e_phnum, sizeof(Elf64_Phdr), length)) return cutOff(length);
  in.seekg(std::streamoff(header.e_phoff));
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!in.read(reinterpret_cast<char*>(&segment), sizeof segment)) return "cannot be read";
    if (!within(segment.p_offset, 1, segment.p_filesz, length)) return cutOff(length);
  }
  // The section headers are the last thing a linker writes, and absent (0) from some stripped files.
  if (header.e_shoff && !within(header.e_shoff, header.e_shnum, header.e_shentsize, length)) return cutOff(length);
  return {};
}

}  // namespace hookswitch::plugin
