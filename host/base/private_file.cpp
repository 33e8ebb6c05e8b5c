#include "host/base/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "host/base/descriptor.hpp"
#include "host/base/log.hpp"

namespace hookswitch::base {
namespace {

namespace fs = std::filesystem;

Failure<> refused(const std::string& path, const std::string& sentence) { return Failure(path + " " + sentence); }

/// A name of our own in the same directory, complete on the disk; the caller gives it its real name.
Result<std::string> writeAside(const std::string& path, const std::string& content) {
  static std::atomic<unsigned> count{0};
  const std::string aside = path + "." + std::to_string(::getpid()) + "-" + std::to_string(++count) + ".new";
  ::unlink(aside.c_str());  // of a process that had our number and died here
  const Descriptor fd(::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (fd < 0)
    return refused(path, "cannot be written (" + reason(errno) +
                             "); give the gateway's user the right to write files in that directory");
  for (std::size_t at = 0; at < content.size();) {
    const ssize_t n = ::write(fd, content.data() + at, content.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int error = errno;
      ::unlink(aside.c_str());
      return refused(path, "cannot be written (" + reason(error) + "); check the disk");
    }
    at += std::size_t(n);
  }
  if (::fsync(fd) != 0) {
    const int error = errno;
    ::unlink(aside.c_str());
    return refused(path, "cannot be written (" + reason(error) + "); check the disk");
  }
  return aside;
}

void syncDirectoryOf(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  const Descriptor fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd >= 0) ::fsync(fd);
}

}  // namespace

std::string besideStore(const std::string& store_path, const std::string& suffix) {
  return (store_path.empty() ? std::string("hookswitch") : store_path) + "." + suffix;
}

Result<std::optional<std::string>> readPrivateFile(const std::string& path, std::size_t most) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd < 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    return refused(path, "cannot be read (" + reason(errno) + "); give the gateway's user the right to read it");
  }
  struct stat found {};
  if (::fstat(fd, &found) != 0) return refused(path, "cannot be examined (" + reason(errno) + ")");
  if (!S_ISREG(found.st_mode)) return refused(path, "is not a regular file; move it away");
  if (found.st_uid != ::geteuid()) return refused(path, "belongs to another user; the gateway's user must own it");
  if (std::size_t(found.st_size) > most)
    return refused(path, "is longer than " + std::to_string(most) + " bytes; move it away");
  if (found.st_mode & (S_IRWXG | S_IRWXO)) {
    log::warn("store",
              path + " could be read by other users; it is made private (0600), and what it holds should be replaced");
    if (::fchmod(fd, 0600) != 0) return refused(path, "cannot be made private (" + reason(errno) + "); chmod 600 it");
  }
  std::string content(most + 1, '\0');
  std::size_t size = 0;
  while (size <= most) {
    const ssize_t n = ::read(fd, content.data() + size, content.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return refused(path, "cannot be read (" + reason(errno) + "); check the disk");
    if (n == 0) break;
    size += std::size_t(n);
  }
  if (size > most) return refused(path, "is longer than " + std::to_string(most) + " bytes; move it away");
  content.resize(size);
  return std::optional<std::string>(std::move(content));
}

Result<void> writePrivateFile(const std::string& path, const std::string& content) {
  const auto aside = writeAside(path, content);
  if (!aside) return Failure(aside.error());
  if (::rename(aside->c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(aside->c_str());
    return refused(path, "cannot be replaced (" + reason(error) + ")");
  }
  syncDirectoryOf(path);
  return {};
}

Result<bool> createPrivateFile(const std::string& path, const std::string& content) {
  const auto aside = writeAside(path, content);
  if (!aside) return Failure(aside.error());
  const bool made = ::link(aside->c_str(), path.c_str()) == 0;
  const int error = errno;
  ::unlink(aside->c_str());
  if (!made && error != EEXIST) return refused(path, "cannot be created (" + reason(error) + ")");
  if (made) syncDirectoryOf(path);
  return made;
}

}  // namespace hookswitch::base
