#include "sim/base/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "sim/base/error.h"

namespace sim::base {
namespace {

constexpr std::size_t kSize = 4 << 20;

class FileOnDisk : public ::testing::Test {
 protected:
  FileOnDisk() : path_(::testing::TempDir() + "lockstep_file." + std::to_string(::getpid())) {}
  ~FileOnDisk() override { ::unlink(path_.c_str()); }

  std::string path_;
};

/// One that a thread cuts off while another reads it.
class ShrinkingFile : public FileOnDisk {
 protected:
  /// Cuts it off so long after it is whole.
  std::thread shrink_after(std::chrono::microseconds delay) {
    write_file_atomically(path_, std::string(kSize, 'x'));
    return std::thread([this, delay] {
      std::this_thread::sleep_for(delay);
      EXPECT_EQ(::truncate(path_.c_str(), 4096), 0);
    });
  }
};

TEST_F(ShrinkingFile, IsReadAsItWasOrNotAtAll) {
  int whole = 0;
  int refused = 0;
  for (int trial = 0; trial < 200; ++trial) {
    std::thread shrink = shrink_after(std::chrono::microseconds(trial * 10));
    try {
      const FileBytes file(path_);
      const auto is_x = [](std::byte b) { return b == std::byte{'x'}; };
      EXPECT_TRUE(std::ranges::all_of(file.bytes(), is_x)) << trial;
      ++whole;
    } catch (const FileError&) {
      ++refused;
    }
    shrink.join();
  }
  EXPECT_EQ(whole + refused, 200);
  EXPECT_GT(whole, 0);
}

TEST_F(FileOnDisk, IsReadWholeUpToTheSizeAllowed) {
  write_file_atomically(path_, "abc");
  EXPECT_EQ(FileBytes(path_).bytes().size(), 3u);
  EXPECT_EQ(read_text_file(path_, 3), "abc");
  EXPECT_THROW(read_text_file(path_, 2), FileError);
}

}  // namespace
}  // namespace sim::base
