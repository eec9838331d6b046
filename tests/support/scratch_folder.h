#pragma once

#include <stdlib.h>  // mkdtemp

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

#include <gtest/gtest.h>

namespace test_support {

/// A new empty folder that goes with everything in it when the test ends.
class ScratchFolder {
 public:
  ScratchFolder() : path_(testing::TempDir() + "lockstep-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) {
      throw std::filesystem::filesystem_error("no scratch folder", path_,
                                              {errno, std::generic_category()});
    }
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace test_support
