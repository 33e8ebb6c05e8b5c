// Small files beside the database that only the gateway's user may read: keys, tokens, notes for the next start. [any]
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "host/base/result.hpp"

namespace hookswitch::base {

/// Where the gateway keeps what must survive the process beside the database: "<store.path>.<suffix>", as SQLite does
/// with its own; without a store.path "hookswitch.<suffix>" in the working directory.
std::string besideStore(const std::string& store_path, const std::string& suffix);

/// The content of a regular file of at most `most` bytes; none when there is no such file. Fails, with the path in the
/// sentence, when it cannot be read, is longer, is not a regular file, or belongs to another user; a file that others
/// may read is made private and said in the log.
Result<std::optional<std::string>> readPrivateFile(const std::string& path, std::size_t most = 64 * 1024);

/// Replaces the file as a whole: whoever reads it, also after a crash, finds the old content or the new. Mode 0600.
/// A failure names the path.
Result<void> writePrivateFile(const std::string& path, const std::string& content);

/// Creates the file, mode 0600; false when there is one already, which stays as it is. Fails as above.
Result<bool> createPrivateFile(const std::string& path, const std::string& content);

}  // namespace hookswitch::base
