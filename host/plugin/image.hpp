// A plugin's file as it was at one moment. What the process runs is a copy of it that nobody else can reach: whatever
// is copied over the file, cut off or removed later changes nothing that runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "host/base/result.hpp"

namespace hookswitch::plugin {

/// Which file, and which writing of it.
struct FileStamp {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const FileStamp& o) const {
    return device == o.device && inode == o.inode && size == o.size && modified_ns == o.modified_ns;
  }
  bool operator!=(const FileStamp& o) const { return !(*this == o); }
};
/// None: there is no such file. [any]
std::optional<FileStamp> stampOf(const std::string& file);

/// The whole file in memory.
struct Image {
  std::string bytes;
  FileStamp stamp;
  std::size_t digest = 0;  ///< of the bytes: the same content has the same
};

/// A file that is being written is waited for, up to settle_ms: a copy under way must not be taken for the plugin. The
/// sentence of a failure has no subject, which is the file. Blocks; never throws. [main]
base::Result<Image> readImage(const std::string& file);
inline constexpr int settle_ms = 3'000;
inline constexpr std::size_t max_image_bytes = 256u << 20;

/// A private copy for dlopen, with a path of its own: a sealed file in memory, or where the system forbids to run such
/// one, a file in the temporary directory that has no name any more. The descriptor stays open as long as the process
/// lives: the path is what the dynamic loader, debuggers and backtraces know the library by. [main]
base::Result<std::string> privateCopy(const Image& image, const std::string& name);

}  // namespace hookswitch::plugin
