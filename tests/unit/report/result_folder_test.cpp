#include "sim/report/result_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>

#include "sim/base/error.h"
#include "sim/base/file.h"

namespace sim::report {
namespace {

namespace fs = std::filesystem;

class ResultFolderTest : public testing::Test {
 protected:
  ResultFolderTest() { fs::create_directories(root_); }
  ~ResultFolderTest() override { fs::remove_all(root_); }

  std::string out() const { return (root_ / "out").string(); }
  std::string content(const std::string& name) const {
    return base::read_text_file(out() + "/" + name, 1000);
  }
  void write(const std::string& text) const {
    ResultFolder folder(out());
    folder.add("summary.json", text);
    folder.commit();
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(root_), fs::directory_iterator()));
  }

  fs::path root_ = fs::temp_directory_path() / ("lockstep_folder_" + std::to_string(::getpid()));
};

TEST_F(ResultFolderTest, NothingAppearsBeforeCommit) {
  ResultFolder folder(out());
  folder.add("summary.json", "new");
  EXPECT_FALSE(fs::exists(out()));
  folder.commit();
  EXPECT_EQ(content("summary.json"), "new");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(ResultFolderTest, ReplacesAResultAsAWhole) {
  {
    ResultFolder folder(out());
    folder.add("summary.json", "old");
    folder.add("layers.csv", "old");
    folder.commit();
  }
  write("new");
  EXPECT_EQ(content("summary.json"), "new");
  EXPECT_FALSE(fs::exists(out() + "/layers.csv"));
  EXPECT_EQ(entries(), 1u);
}

TEST_F(ResultFolderTest, ErrorBeforeCommitLeavesTheOldResultAndNoRubbish) {
  write("old");
  {
    ResultFolder folder(out());
    folder.add("summary.json", "new");
  }
  EXPECT_EQ(content("summary.json"), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(ResultFolderTest, FullDiskIsAFileErrorAndLeavesTheOldResult) {
  write("old");
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{100, 100};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  {
    ResultFolder folder(out());
    EXPECT_THROW(folder.add("summary.json", std::string(1000, 'x')), base::FileError);
  }
  EXPECT_EQ(content("summary.json"), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(ResultFolderTest, FolderOfOtherFilesIsNeverReplaced) {
  fs::create_directories(out());
  base::write_file_atomically(out() + "/thesis.tex", "years of work");
  EXPECT_THROW(ResultFolder{out()}, base::UserError);
  EXPECT_EQ(content("thesis.tex"), "years of work");
}

TEST_F(ResultFolderTest, EmptyFolderAndTrailingSlashAreFine) {
  fs::create_directories(out());
  ResultFolder folder(out() + "/");
  folder.add("summary.json", "new");
  folder.commit();
  EXPECT_EQ(content("summary.json"), "new");
}

TEST_F(ResultFolderTest, FileInThePlaceOfTheFolderIsAnError) {
  base::write_file_atomically(out(), "a file");
  EXPECT_THROW(ResultFolder{out()}, base::FileError);
}

}  // namespace
}  // namespace sim::report
