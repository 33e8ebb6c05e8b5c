#include "host/plugin/image.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <system_error>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U  // Linux 6.3; older headers do not name it
#endif

namespace hookswitch::plugin {
namespace {

constexpr std::int64_t quiet_ns = 100'000'000, second_ns = 1'000'000'000;

std::string word(int error) { return std::generic_category().message(error); }

FileStamp stampOf(const struct stat& s) {
  return {std::uint64_t(s.st_dev), std::uint64_t(s.st_ino), std::uint64_t(s.st_size),
          s.st_mtim.tv_sec * second_ns + s.st_mtim.tv_nsec};
}

/// Nobody has written to it for a moment. A clock that was set makes a file of the future, which counts as quiet.
bool isQuiet(const FileStamp& stamp) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::int64_t age = now.tv_sec * second_ns + now.tv_nsec - stamp.modified_ns;
  return age >= quiet_ns || age < -second_ns;
}

bool writeAll(int fd, const std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t n = ::write(fd, bytes.data() + at, bytes.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += std::size_t(n);
  }
  return true;
}

/// 1: read as `stamp` says; 0: it changed meanwhile; -1: errno.
int readOnce(const std::string& file, Image& image) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  struct stat before {
  }, after{};
  int result = -1;
  if (::fstat(fd, &before) == 0) {
    image.stamp = stampOf(before);
    image.bytes.assign(std::min<std::uint64_t>(image.stamp.size, max_image_bytes), '\0');
    std::size_t at = 0;
    for (ssize_t n = 1; at < image.bytes.size() && n != 0;) {
      n = ::read(fd, image.bytes.data() + at, image.bytes.size() - at);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) break;
      at += std::size_t(n);
    }
    if (::fstat(fd, &after) == 0)
      result = at == image.bytes.size() && stampOf(after) == image.stamp && isQuiet(image.stamp) ? 1 : 0;
  }
  const int error = errno;
  ::close(fd);
  errno = error;
  return result;
}

int inMemory(const std::string& name) {
  const int fd = ::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  return fd >= 0 || errno != EINVAL ? fd : ::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

int withoutName() {
  std::error_code error;
  std::string path = (std::filesystem::temp_directory_path(error) / "hookswitch-plugin-XXXXXX").string();
  const int fd = ::mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) return fd;
  ::unlink(path.c_str());
  ::fchmod(fd, 0500);
  return fd;
}

}  // namespace

std::optional<FileStamp> stampOf(const std::string& file) {
  struct stat s {};
  if (::stat(file.c_str(), &s) != 0) return std::nullopt;
  return stampOf(s);
}

base::Result<Image> readImage(const std::string& file) {
  Image image;
  constexpr int step_ms = 50;
  for (int waited = 0;; waited += step_ms) {
    const int got = readOnce(file, image);
    if (got < 0) return base::Failure("cannot be read: " + word(errno));
    if (image.stamp.size > max_image_bytes)
      return base::Failure("has " + std::to_string(image.stamp.size) + " bytes; a plugin has at most " +
                           std::to_string(max_image_bytes));
    if (got == 1) break;
    if (waited >= settle_ms)
      return base::Failure("is still being written; copy it under another name and rename it, then reload");
    ::poll(nullptr, 0, step_ms);
  }
  image.digest = std::hash<std::string>()(image.bytes);
  return image;
}

base::Result<std::string> privateCopy(const Image& image, const std::string& name) {
  std::string reason;
  for (auto make :
       {+[](const std::string& n) { return inMemory(n); }, +[](const std::string&) { return withoutName(); }}) {
    const int fd = make(name);
    if (fd < 0 || !writeAll(fd, image.bytes)) {
      reason = "no private copy of it could be made: " + word(errno);
      if (fd >= 0) ::close(fd);
      continue;
    }
    ::fcntl(fd, F_ADD_SEALS,
            F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);  // only files in memory know seals
    // A process that looks at us (a debugger) finds the library by the same words, which /proc/self would not give.
    const std::string path = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd);
    void* test = ::mmap(nullptr, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    if (test == MAP_FAILED) {
      reason = "the system lets no private copy of it run: " + word(errno);
      ::close(fd);
      continue;
    }
    ::munmap(test, 1);
    return path;
  }
  return base::Failure(reason);
}

}  // namespace hookswitch::plugin
