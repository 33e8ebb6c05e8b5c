// The file below the database: may it be used, is it ours alone, is it still the same? [any]
#pragma once

#include <sys/types.h>

#include <string>

namespace hookswitch::store {

/// Holds "<path>.lock" for as long as it lives. The kernel drops the lock with the process, however that ends; the file
/// stays, and names the latest holder.
class LockFile {
 public:
  /// Throws StoreError, one sentence that begins with "store.path".
  explicit LockFile(const std::string& path);
  ~LockFile();
  LockFile(const LockFile&) = delete;

 private:
  int fd_ = -1;
};

/// A regular file in a directory that exists; symbolic links are followed, so that two names of a file have one lock.
/// Throws as above.
std::string usablePath(const std::string& path);

/// Which file a name stood for.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
};
/// Opens for writing, creating it with mode 0600, and looks at its first bytes. Throws as above.
FileIdentity prepareFile(const std::string& path);
/// Does the name still stand for that file?
bool isSame(const std::string& path, const FileIdentity& file);

}  // namespace hookswitch::store
