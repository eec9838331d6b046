#include "sim/report/result_folder.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "sim/base/error.h"
#include "sim/base/file.h"

namespace sim::report {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class ResultFolderTest : public testing::Test {
 protected:
  ResultFolderTest() { fs::create_directories(root_); }
  ~ResultFolderTest() override { fs::remove_all(root_); }

  std::string out() const { return (root_ / "out").string(); }
  std::string content(const std::string& name) const {
    return base::read_text_file(out() + "/" + name, 1000);
  }
  void put(const std::string& name, const std::string& text) const {
    base::write_file_atomically(out() + "/" + name, text);
  }
  using Files = std::map<std::string, std::string>;
  std::vector<std::string> write(const Files& files) const {
    ResultFolder folder(out());
    for (const auto& [name, text] : files) folder.add(name, text);
    return folder.commit({{"host_seconds", 1}});
  }
  static std::vector<std::string> names(const fs::path& folder) {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder))
      found.push_back(entry.path().filename());
    return found;
  }
  /// Runs `act` in a process that is then killed.
  static void killed_after(const std::function<void()>& act) {
    const pid_t process = ::fork();
    if (process == 0) {
      act();
      ::raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(process, &status, 0), process);
    ASSERT_TRUE(WIFSIGNALED(status));
  }

  fs::path root_ = fs::temp_directory_path() / ("lockstep_folder_" + std::to_string(::getpid()));
};

TEST_F(ResultFolderTest, NothingAppearsBeforeCommit) {
  {
    ResultFolder folder(out());
    folder.add("summary.json", "new");
    EXPECT_FALSE(fs::exists(out()));
    folder.commit(nlohmann::ordered_json::object());
    EXPECT_EQ(content("summary.json"), "new");
  }
  EXPECT_THAT(names(root_), ElementsAre("out"));
}

TEST_F(ResultFolderTest, ReplacesAResultAsAWhole) {
  write({{"summary.json", "old"}, {"layers.csv", "old"}});
  EXPECT_THAT(write({{"summary.json", "new"}}), IsEmpty());
  EXPECT_EQ(content("summary.json"), "new");
  EXPECT_THAT(names(out()), UnorderedElementsAre("summary.json", "host.json"));
  EXPECT_THAT(names(root_), ElementsAre("out"));
}

TEST_F(ResultFolderTest, FilesAndFoldersOfOthersStay) {
  write({{"summary.json", "old"}});
  put("thesis.tex", "years of work");
  fs::create_directories(out() + "/figures/deep");
  put("figures/deep/a.pdf", "figure");
  fs::create_symlink("/nowhere", out() + "/link");
  put(".hidden", "dot");
  EXPECT_THAT(write({{"summary.json", "new"}}), IsEmpty());
  EXPECT_EQ(content("summary.json"), "new");
  EXPECT_EQ(content("thesis.tex"), "years of work");
  EXPECT_EQ(content("figures/deep/a.pdf"), "figure");
  EXPECT_EQ(content(".hidden"), "dot");
  EXPECT_EQ(fs::read_symlink(out() + "/link"), "/nowhere");
  EXPECT_THAT(names(root_), ElementsAre("out"));
}

TEST_F(ResultFolderTest, ChangedFilesAndTakenNamesAreKeptAside) {
  write({{"summary.json", "old"}, {"layers.csv", "old"}, {"units.csv", "old"}});
  put("layers.csv", "odd");  // as long as before
  put("energy.csv", "mine");
  put("units.csv", "longer");
  EXPECT_THAT(write({{"summary.json", "new"}, {"layers.csv", "new"}, {"energy.csv", "new"}}),
              UnorderedElementsAre("layers.csv.kept-1", "energy.csv.kept-1"));
  EXPECT_EQ(content("layers.csv.kept-1"), "odd");
  EXPECT_EQ(content("energy.csv.kept-1"), "mine");
  EXPECT_EQ(content("units.csv"), "longer");
  EXPECT_EQ(content("layers.csv"), "new");
  put("layers.csv", "again");
  EXPECT_THAT(write({{"layers.csv", "newer"}}), ElementsAre("layers.csv.kept-2"));
  EXPECT_FALSE(fs::exists(out() + "/energy.csv"));
}

TEST_F(ResultFolderTest, ListOfFilesIsNotTrusted) {
  base::write_file_atomically((root_ / "precious").string(), "x");
  for (const char* name :
       {"../precious", "/etc/passwd", "..", ".", "", ".hidden", "a/b", "a\\u0000b"}) {
    fs::remove_all(out());
    fs::create_directories(out());
    put("summary.json", R"({"schema": "lockstep-result-1"})");
    put("host.json", std::string(R"({"host_seconds": 1, "files": {")") + name +
                         R"(": {"bytes": 1, "fnv1a": "af63f54c86021707"}}})");
    EXPECT_THROW(ResultFolder{out()}, base::UserError) << name;
    EXPECT_TRUE(fs::exists(root_ / "precious"));
    EXPECT_TRUE(fs::exists(out() + "/summary.json"));
  }
}

TEST_F(ResultFolderTest, ListedFolderOrLinkIsNeverRemoved) {
  write({{"summary.json", "old"}, {"layers.csv", "old"}, {"units.csv", "old"}});
  fs::remove(out() + "/layers.csv");
  fs::create_directories(out() + "/layers.csv");
  put("layers.csv/inside", "x");
  base::write_file_atomically((root_ / "old").string(), "old");
  fs::remove(out() + "/units.csv");
  fs::create_symlink("../old", out() + "/units.csv");
  write({{"summary.json", "new"}});
  EXPECT_EQ(content("layers.csv/inside"), "x");
  EXPECT_TRUE(fs::is_symlink(out() + "/units.csv"));
  EXPECT_TRUE(fs::exists(root_ / "old"));
}

TEST_F(ResultFolderTest, ResultFromBeforeThereWereListsIsReplacedAndForeignFilesStay) {
  fs::create_directories(out());
  put("summary.json", R"({"schema": "lockstep-result-1"})");
  put("host.json", R"({"engine": "skip", "host_seconds": 1})");
  put("layers.csv", "old");
  put("report.html", "page");
  EXPECT_THAT(write({{"summary.json", "new"}}), IsEmpty());
  EXPECT_THAT(names(out()), UnorderedElementsAre("summary.json", "host.json", "report.html"));
}

TEST_F(ResultFolderTest, SummaryOfAnotherProgramIsNotAResult) {
  fs::create_directories(out());
  for (const char* text : {"{}", "old", R"({"schema": 3})", "[]", ""}) {
    put("summary.json", text);
    EXPECT_THROW(ResultFolder{out()}, base::UserError) << text;
  }
}

TEST_F(ResultFolderTest, ErrorBeforeCommitLeavesTheOldResultAndNoRubbish) {
  write({{"summary.json", "old"}});
  {
    ResultFolder folder(out());
    folder.add("summary.json", "new");
  }
  EXPECT_EQ(content("summary.json"), "old");
  EXPECT_THAT(names(root_), ElementsAre("out"));
  { const ResultFolder deep(out() + "2/a/b/c"); }
  EXPECT_THAT(names(root_), ElementsAre("out"));
}

TEST_F(ResultFolderTest, FullDiskIsAFileErrorAndLeavesTheOldResult) {
  write({{"summary.json", "old"}});
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit limit{100, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  {
    ResultFolder folder(out());
    EXPECT_THROW(folder.add("summary.json", std::string(1000, 'x')), base::FileError);
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(content("summary.json"), "old");
  EXPECT_THAT(names(root_), ElementsAre("out"));
}

TEST_F(ResultFolderTest, FolderOfOtherFilesIsNeverReplaced) {
  fs::create_directories(out());
  put("thesis.tex", "years of work");
  EXPECT_THROW(ResultFolder{out()}, base::UserError);
  EXPECT_EQ(content("thesis.tex"), "years of work");
  EXPECT_THAT(names(root_), ElementsAre("out"));
}

TEST_F(ResultFolderTest, PlacesThatCannotBeReplacedAreRefused) {
  fs::create_directory_symlink(root_, root_ / "link");
  fs::create_symlink("/nowhere", root_ / "dangling");
  for (const std::string& path :
       {out() + "/..", out() + "/.", std::string("."), std::string(".."), std::string("/"),
        std::string("./"), std::string("/proc"), (root_ / "link").string(),
        (root_ / "link/").string(), (root_ / "dangling").string(), fs::current_path().string()}) {
    EXPECT_THROW(ResultFolder{path}, base::UserError) << path;
  }
  base::write_file_atomically((root_ / "file").string(), "a file");
  for (const std::string& path :
       {(root_ / "file").string(), (root_ / "file/out").string(),
        (root_ / std::string(252, 'n')).string(), (root_ / std::string(300, 'n')).string(),
        std::string("/proc/lockstep"), std::string("/dev/null/out")}) {
    EXPECT_THROW(ResultFolder{path}, base::FileError) << path;
  }
  EXPECT_THAT(names(root_), UnorderedElementsAre("link", "dangling", "file"));
}

TEST_F(ResultFolderTest, EmptyFolderAndTrailingSlashAreFine) {
  fs::create_directories(out());
  ResultFolder folder(out() + "//");
  folder.add("summary.json", "new");
  folder.commit(nlohmann::ordered_json::object());
  EXPECT_EQ(content("summary.json"), "new");
}

TEST_F(ResultFolderTest, PartOfAKilledRunIsSweptAwayAndNeverReused) {
  killed_after([&] {
    (new ResultFolder(out()))->add("translations.csv", "of the killed run");
    new ResultFolder(out());
  });
  EXPECT_THAT(names(root_), UnorderedElementsAre("out.part-1", "out.part-2"));
  write({{"summary.json", "new"}});
  EXPECT_THAT(names(out()), UnorderedElementsAre("summary.json", "host.json"));
  EXPECT_THAT(names(root_), ElementsAre("out"));
}

TEST_F(ResultFolderTest, PartsOfLivingRunsOfOtherHostsAndOfOthersStay) {
  const ResultFolder living(out());  // out.part-1
  fs::create_directories(root_ / "out.part-2");
  base::write_file_atomically((root_ / "out.part-2/thesis.tex").string(), "x");
  fs::create_directories(root_ / "out.part-3/new");
  base::write_file_atomically((root_ / "out.part-3/owner").string(), "lockstep\nboot of another\n");
  fs::create_directories(root_ / "elsewhere");
  fs::create_directory_symlink(root_ / "elsewhere", root_ / "out.part-4");
  write({{"summary.json", "new"}});
  EXPECT_THAT(names(root_), UnorderedElementsAre("out", "out.part-1", "out.part-2", "out.part-3",
                                                 "out.part-4", "elsewhere"));
  EXPECT_TRUE(fs::exists(root_ / "out.part-1/new"));
  EXPECT_TRUE(fs::exists(root_ / "out.part-2/thesis.tex"));
}

/// States in which a kill can leave a run that replaces a result with a foreign file.
TEST_F(ResultFolderTest, ForeignFilesComeBackWhenARunWasKilledWhileItReplaced) {
  const auto whole = [&](const char* name) {
    write({{"summary.json", "old"}});
    put("thesis.tex", "years of work");
    killed_after([&] { new ResultFolder(out()); });
    fs::rename(out(), root_ / "out.part-1" / name);
  };
  write({{"summary.json", "placed"}});
  fs::rename(out(), root_ / "placed");
  whole("whole");  // exchanged, the foreign file not yet moved
  fs::rename(root_ / "placed", out());
  write({{"summary.json", "new"}});
  EXPECT_EQ(content("thesis.tex"), "years of work");
  EXPECT_EQ(content("summary.json"), "new");
  whole("old-0");  // stepped aside, nothing in its place yet
  { const ResultFolder folder(out()); }
  EXPECT_EQ(content("summary.json"), "old");
  EXPECT_EQ(content("thesis.tex"), "years of work");
  EXPECT_THAT(names(root_), ElementsAre("out"));
}

TEST_F(ResultFolderTest, LinkThatAppearsDuringTheRunIsNotFollowed) {
  fs::create_directories(root_ / "elsewhere");
  base::write_file_atomically((root_ / "elsewhere/thesis.tex").string(), "x");
  {
    ResultFolder folder(out());
    folder.add("summary.json", "new");
    fs::create_directory_symlink(root_ / "elsewhere", out());
    EXPECT_THROW(folder.commit(nlohmann::ordered_json::object()), base::FileError);
  }
  EXPECT_THAT(names(root_ / "elsewhere"), ElementsAre("thesis.tex"));
  EXPECT_THAT(names(root_), UnorderedElementsAre("out", "elsewhere"));
}

TEST_F(ResultFolderTest, RunsThatWriteToOnePlaceAtOnceLoseNothing) {
  write({{"summary.json", "first"}});
  put("thesis.tex", "years of work");
  std::vector<pid_t> processes;
  for (int p = 0; p < 6; ++p) {
    processes.push_back(::fork());
    if (processes.back() != 0) continue;
    for (int i = 0; i < 20; ++i) write({{"summary.json", std::to_string(p)}, {"layers.csv", "x"}});
    ::_exit(0);
  }
  for (const pid_t process : processes) {
    int status = 0;
    ASSERT_EQ(::waitpid(process, &status, 0), process);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(content("thesis.tex"), "years of work");
  EXPECT_THAT(names(out()),
              UnorderedElementsAre("summary.json", "layers.csv", "host.json", "thesis.tex"));
  EXPECT_THAT(names(root_), ElementsAre("out"));
}

}  // namespace
}  // namespace sim::report
