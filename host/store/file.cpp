#include "host/store/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "host/base/descriptor.hpp"
#include "host/base/log.hpp"
#include "host/store/error.hpp"

namespace hookswitch::store {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& sentence) { throw StoreError(Fault::io, "store.path: " + sentence); }

}  // namespace

LockFile::LockFile(const std::string& path) {
  const std::string name = path + ".lock";
  fd_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd_ < 0)
    refuse(name + " cannot be written (" + base::reason(errno) +
           "); give the gateway's user the right to write files in that directory");
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    std::array<char, 32> holder{};
    const ssize_t n = ::pread(fd_, holder.data(), holder.size() - 1, 0);
    const long pid = n > 0 ? std::strtol(holder.data(), nullptr, 10) : 0;
    ::close(fd_);
    if (error != EWOULDBLOCK)
      refuse(name + " cannot be locked (" + base::reason(error) + "); use a directory of a local disk");
    refuse(path + " is in use by another gateway" +
           (pid > 0 ? " (process " + std::to_string(pid) + ")" : std::string()) +
           "; stop that one, or give this one a file of its own");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  // Only for the sentence above: a lock file without a number locks as well.
  if (::ftruncate(fd_, 0) != 0 || ::pwrite(fd_, pid.data(), pid.size(), 0) < 0)
    log::warn("store", name + " could not be given the number of this process: " + base::reason(errno));
}

LockFile::~LockFile() { ::close(fd_); }

std::string usablePath(const std::string& path) {
  std::error_code ignored;
  const fs::path resolved = fs::weakly_canonical(fs::absolute(path), ignored);
  const fs::path file = resolved.empty() ? fs::absolute(path) : resolved;
  struct stat found {};
  if (::stat(file.c_str(), &found) == 0) {
    if (S_ISDIR(found.st_mode)) refuse(file.string() + " is a directory; name a file in it");
    if (!S_ISREG(found.st_mode)) refuse(file.string() + " is not a regular file; name another");
    return file.string();
  }
  const fs::path directory = file.parent_path();
  if (::stat(directory.c_str(), &found) != 0)
    refuse("the directory " + directory.string() + " cannot be used (" + base::reason(errno) +
           "); create it, or name another file");
  if (!S_ISDIR(found.st_mode)) refuse(directory.string() + " is not a directory; name a file in a directory");
  return file.string();
}

FileIdentity prepareFile(const std::string& path) {
  const base::Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (fd < 0)
    refuse(path + " cannot be written (" + base::reason(errno) +
           "); give the gateway's user the right to write it, or name another file");
  struct stat found {};
  if (::fstat(fd, &found) != 0) refuse(path + " cannot be examined (" + base::reason(errno) + "); name another file");
  if (found.st_mode & (S_IRWXG | S_IRWXO))
    log::warn("store", path + " holds transcripts and other users may read it; chmod 600 makes it private");
  if (found.st_size > 0) {
    constexpr std::string_view magic("SQLite format 3\0", 16);
    std::array<char, 16> head{};
    const ssize_t n = ::pread(fd, head.data(), head.size(), 0);
    if (n < 0) refuse(path + " cannot be read (" + base::reason(errno) + "); check the disk, or name another file");
    if (std::string_view(head.data(), std::size_t(n)) != magic)
      refuse(path + " is not a database; move it away, or name another file");
  }
  return {found.st_dev, found.st_ino};
}

bool isSame(const std::string& path, const FileIdentity& file) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && found.st_dev == file.device && found.st_ino == file.inode;
}

}  // namespace hookswitch::store
