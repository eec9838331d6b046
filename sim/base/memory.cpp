#include "sim/base/memory.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "sim/base/printable.h"

namespace sim::base {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMost = ~std::uint64_t{0};
constexpr std::string_view kUnits = "KMGT";

std::uint64_t sum(std::uint64_t a, std::uint64_t b) { return a > kMost - b ? kMost : a + b; }

/// The first number of a small file of the kernel; nothing when there is none, as for "max".
std::optional<std::uint64_t> number_in(const fs::path& file) {
  std::ifstream in(file);
  std::uint64_t value = 0;
  return in >> value ? std::optional(value) : std::nullopt;
}

/// The number behind a word that starts a line.
std::optional<std::uint64_t> number_after(const fs::path& file, const std::string& word) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(word + " ") && !line.starts_with(word + ":")) continue;
    const std::size_t digit = line.find_first_of("0123456789", word.size());
    std::uint64_t value = 0;
    if (digit != std::string::npos &&
        std::from_chars(line.data() + digit, line.data() + line.size(), value).ec == std::errc()) {
      return value;
    }
  }
  return std::nullopt;
}

/// Names of the files of a control group of version 2, and of version 1.
struct GroupFiles {
  const char* mount;
  const char* limit;
  const char* used;
  const char* cache;  // of memory.stat: what is freed on demand
};
constexpr GroupFiles kUnified = {"sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"};
constexpr GroupFiles kMemory = {"sys/fs/cgroup/memory", "memory.limit_in_bytes",
                                "memory.usage_in_bytes", "total_inactive_file"};

/// What one group leaves.
std::uint64_t free_in(const fs::path& group, const GroupFiles& files) {
  const auto limit = number_in(group / files.limit);
  const auto used = number_in(group / files.used);
  if (!limit || !used) return kMost;
  const std::uint64_t cache = number_after(group / "memory.stat", files.cache).value_or(0);
  const std::uint64_t held = *used - std::min(*used, cache);
  return *limit - std::min(*limit, held);
}

/// What a group and those above it leave. In a container the path may lead outside of what is seen:
/// the root of the mount is always looked at.
std::uint64_t free_in_all(const fs::path& root, const std::string& group, const GroupFiles& files) {
  const fs::path mount = root / files.mount;
  std::uint64_t least = free_in(mount, files);
  fs::path at = mount;
  for (const fs::path& part : fs::path(group).relative_path()) {
    at /= part;
    least = std::min(least, free_in(at, files));
  }
  return least;
}

std::uint64_t free_in_groups(const fs::path& root) {
  std::uint64_t least = kMost;
  std::ifstream in(root / "proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {  // "0::/path", "7:memory:/path"
    const std::size_t controllers = line.find(':');
    const std::size_t path = line.find(':', controllers + 1);
    if (controllers == std::string::npos || path == std::string::npos) continue;
    const std::string names = line.substr(controllers + 1, path - controllers - 1);
    const std::string group = line.substr(path + 1);
    if (names.empty()) least = std::min(least, free_in_all(root, group, kUnified));
    if (names == "memory") least = std::min(least, free_in_all(root, group, kMemory));
  }
  return least;
}

std::uint64_t free_address_space(const fs::path& root) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kMost;
  const std::uint64_t pages = number_in(root / "proc/self/statm").value_or(0);
  const std::uint64_t used = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return limit.rlim_cur - std::min<std::uint64_t>(limit.rlim_cur, used);
}

[[noreturn]] void refuse_size(std::string_view text) {
  throw UserError(
      fmt::format("--memory-limit {}: not a whole number of bytes with K, M, G or T, as 512M or 4G",
                  printable(text)));
}

}  // namespace

std::uint64_t product(std::initializer_list<std::uint64_t> factors) {
  std::uint64_t result = 1;
  for (const std::uint64_t factor : factors) {
    if (__builtin_mul_overflow(result, factor, &result)) return kMost;
  }
  return result;
}

void MemoryNeed::add(std::string part, std::uint64_t bytes) {
  parts_.push_back({std::move(part), bytes});
}

void MemoryNeed::add(const MemoryNeed& other) {
  parts_.insert(parts_.end(), other.parts_.begin(), other.parts_.end());
}

std::uint64_t MemoryNeed::bytes() const {
  std::uint64_t all = 0;
  for (const Part& part : parts_) all = sum(all, part.bytes);
  return all;
}

MemoryNeed::Part MemoryNeed::largest() const {
  const auto most = std::ranges::max_element(parts_, {}, &Part::bytes);
  return most == parts_.end() ? Part{} : *most;
}

MemoryLimit MemoryLimit::given(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || value == 0) refuse_size(text);
  std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
  std::uint64_t unit = 1;
  if (!suffix.empty()) {
    const std::size_t power = kUnits.find(suffix[0]);
    if (power == std::string_view::npos) refuse_size(text);
    unit = std::uint64_t{1} << (10 * (power + 1));
    suffix.remove_prefix(1);
    if (!suffix.empty() && suffix != "iB" && suffix != "B") refuse_size(text);
  }
  return {product({value, unit}), "given with --memory-limit"};
}

MemoryLimit MemoryLimit::of_this_machine(const std::string& root) {
  const fs::path at = root + "/";
  const auto kib = number_after(at / "proc/meminfo", "MemAvailable");
  MemoryLimit least{kib ? product({*kib, 1024}) : kMost, "what this machine has free"};
  if (const std::uint64_t group = free_in_groups(at); group < least.bytes_) {
    least = {group, "what this process's control group has free"};
  }
  if (const std::uint64_t space = free_address_space(at); space < least.bytes_) {
    least = {space, "what this process's address space has left (ulimit -v)"};
  }
  return least;
}

void MemoryLimit::check(const MemoryNeed& need, const std::string& where) const {
  const std::uint64_t bytes = need.bytes();
  if (bytes <= bytes_) return;
  const MemoryNeed::Part most = need.largest();
  throw MemoryError(fmt::format(
      "{}: needs about {} of memory, most of it ({}) for {}; the limit is {}, {}", where,
      shown_bytes(bytes), shown_bytes(most.bytes), most.name, shown_bytes(bytes_), source_));
}

std::string shown_bytes(std::uint64_t bytes) {
  auto value = static_cast<double>(bytes);
  std::string_view unit = "bytes";
  for (const std::string_view larger : {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}) {
    if (value < 1024) break;
    value /= 1024;
    unit = larger;
  }
  return unit == "bytes" ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", value, unit);
}

}  // namespace sim::base
