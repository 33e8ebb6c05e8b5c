// A folder of a test's own, which goes with everything in it when the test is over.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hookswitch_test {

class Folder {
 public:
  /// Its name begins with `hookswitch-` and that word; nobody else can read it.
  explicit Folder(const std::string& word) {
    std::string name = (std::filesystem::temp_directory_path() / ("hookswitch-" + word + "-XXXXXX")).string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("there is no folder for the test: " + name);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  /// The path of the file that now has this content.
  std::string write(const std::string& name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace hookswitch_test
