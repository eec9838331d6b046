#include "sim/base/memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace sim::base {
namespace {

namespace fs = std::filesystem;

std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const UserError& e) {
    return e.what();
  }
  return "no error";
}

TEST(MemoryLimit, SizesAreReadWithTheirUnits) {
  EXPECT_EQ(MemoryLimit::given("1").bytes(), 1u);
  EXPECT_EQ(MemoryLimit::given("2K").bytes(), 2048u);
  EXPECT_EQ(MemoryLimit::given("512M").bytes(), 512u << 20);
  EXPECT_EQ(MemoryLimit::given("4GiB").bytes(), std::uint64_t{4} << 30);
  EXPECT_EQ(MemoryLimit::given("4GB").bytes(), std::uint64_t{4} << 30);
  EXPECT_EQ(MemoryLimit::given("99999999T").bytes(), ~std::uint64_t{0});
}

TEST(MemoryLimit, AnythingElseIsRefused) {
  for (const char* text : {"", "0", "-1", "1.5G", "4g", "4 G", "G", "4Gx", "4X", "4GiBi", "0x10",
                           "99999999999999999999", "\x1b"}) {
    const std::string message = refusal([&] { MemoryLimit::given(text); });
    EXPECT_TRUE(message.starts_with("--memory-limit ")) << message;
    EXPECT_TRUE(message.ends_with("as 512M or 4G")) << message;
  }
}

TEST(MemoryLimit, TheMessageNamesThePartThatAsksForMost) {
  MemoryNeed need;
  need.add("the masks", 100 << 20);
  need.add("operator 'x': scores", std::uint64_t{3} << 30);
  MemoryLimit::given("4G").check(need, "w.yaml");
  EXPECT_EQ(refusal([&] { MemoryLimit::given("1G").check(need, "w.yaml"); }),
            "w.yaml: needs about 3.1 GiB of memory, most of it (3.0 GiB) for operator 'x': scores; "
            "the limit is 1.0 GiB, given with --memory-limit");
  EXPECT_THROW(MemoryLimit::given("1G").check(need, ""), MemoryError);
}

TEST(MemoryNeed, NeverRunsOver) {
  MemoryNeed need;
  need.add("a", product({1u << 31, 1u << 31, 1u << 31}));
  need.add("b", product({1u << 31, 1u << 31, 1u << 31}));
  EXPECT_EQ(need.bytes(), ~std::uint64_t{0});
  EXPECT_EQ(MemoryNeed().bytes(), 0u);
  EXPECT_EQ(MemoryNeed().largest().bytes, 0u);
}

/// A folder that stands for the root of a machine.
class FakeRoot {
 public:
  FakeRoot() : root_(fs::temp_directory_path() / ("memory_test." + std::to_string(::getpid()))) {}
  ~FakeRoot() { fs::remove_all(root_); }
  void write(const std::string& file, const std::string& text) const {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  std::uint64_t limit() const { return MemoryLimit::of_this_machine(root_.string()).bytes(); }

 private:
  fs::path root_;
};

TEST(MemoryLimit, OfThisMachineIsTheLeastOfAll) {
  const FakeRoot root;
  EXPECT_EQ(root.limit(), ~std::uint64_t{0});
  root.write("proc/meminfo", "MemTotal:  9000 kB\nMemAvailable:    8000 kB\n");
  EXPECT_EQ(root.limit(), 8000u * 1024);
  root.write("proc/self/cgroup", "0::/a/b\n");
  root.write("sys/fs/cgroup/a/b/memory.max", "max\n");
  root.write("sys/fs/cgroup/a/b/memory.current", "5000\n");
  EXPECT_EQ(root.limit(), 8000u * 1024);
  root.write("sys/fs/cgroup/a/memory.max", "100000\n");
  root.write("sys/fs/cgroup/a/memory.current", "60000\n");
  root.write("sys/fs/cgroup/a/memory.stat", "anon 30000\ninactive_file 25000\n");
  EXPECT_EQ(root.limit(), 65000u);
  root.write("sys/fs/cgroup/a/b/memory.max", "7000\n");
  EXPECT_EQ(root.limit(), 2000u);
  root.write("sys/fs/cgroup/a/b/memory.current", "9000\n");
  EXPECT_EQ(root.limit(), 0u);
}

TEST(MemoryLimit, GroupsOfTheFirstVersionCountAsWell) {
  const FakeRoot root;
  root.write("proc/self/cgroup", "9:cpu:/x\n4:memory:/x\n");
  root.write("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "5000\n");
  root.write("sys/fs/cgroup/memory/x/memory.usage_in_bytes", "1000\n");
  EXPECT_EQ(root.limit(), 4000u);
}

TEST(MemoryLimit, TheAddressSpaceOfTheProcessCounts) {
  const FakeRoot root;
  const rlimit space{std::uint64_t{1} << 50, RLIM_INFINITY};  // above what a sanitizer maps
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &space), 0);
  root.write("proc/self/statm", "10 5 1 0 0 0 0\n");
  EXPECT_EQ(root.limit(),
            (std::uint64_t{1} << 50) - 10 * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
}

}  // namespace
}  // namespace sim::base
