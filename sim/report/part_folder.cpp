#include "sim/report/part_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/report/written_files.h"

namespace sim::report {
namespace {

namespace fs = std::filesystem;

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int kNumbersLookedAt = 64;  // for parts of ended runs; beyond, while there are more
constexpr int kMostNumbers = 10000;   // parts, kept files: more are a fault
constexpr int kAttempts = 100;        // against other runs that write to the same place

[[noreturn]] void fail(const std::string& path, std::string_view what, int error) {
  throw base::FileError(fmt::format("{}: {}: {}", path, what, std::strerror(error)));
}

/// What the file `owner` holds: containers of a host share the number of its boot, hosts that share
/// a file system do not. Empty when there is none.
std::string owner_text() {
  const Handle file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  char text[100];
  const ssize_t size = file ? ::read(file.get(), text, sizeof text) : -1;
  if (size <= 0) return "";
  return fmt::format("lockstep\nboot {}", std::string_view(text, static_cast<std::size_t>(size)));
}

std::vector<std::string> names_in(int folder) {
  std::vector<std::string> names;
  const int copy = ::openat(folder, ".", kFolder);
  if (copy < 0) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(copy), ::closedir);
  if (!stream) return names;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  return names;
}

bool exists(int folder, const std::string& name) {
  struct stat info {};
  return ::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
}

/// 0, or an error number; EEXIST when `to` has the name.
int move_entry(int from, const std::string& name, int to, const std::string& new_name) {
  if (::renameat2(from, name.c_str(), to, new_name.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  if (exists(to, new_name)) return EEXIST;  // a file system without that promise
  return ::renameat(from, name.c_str(), to, new_name.c_str()) == 0 ? 0 : errno;
}

/// The name that the entry got in the folder `path`; empty when it had to stay.
std::string keep(int from, const std::string& name, const std::string& path) {
  std::string new_name = name;
  for (int n = 1; n < kMostNumbers;) {
    const Handle to = open_folder(path);  // another run may replace it at any time
    const int error = to ? move_entry(from, name, to.get(), new_name) : errno;
    if (error == 0) return new_name;
    if (error == EEXIST) {
      new_name = fmt::format("{}.kept-{}", name, n++);
    } else if (!to || error != ENOENT || !exists(from, name)) {
      return "";
    }
  }
  return "";
}

/// What is in the folder, those first whose names are free in the folder `path`: they keep them, so
/// that none of the others may take one.
std::vector<std::string> free_names_first(int from, const std::string& path) {
  std::vector<std::string> names = names_in(from);
  if (const Handle to = open_folder(path)) {
    std::stable_partition(names.begin(), names.end(),
                          [&](const std::string& name) { return !exists(to.get(), name); });
  }
  return names;
}

/// One pass over the folder: whether something left it.
bool empty_folder(int from, const std::string& path, const WrittenFiles& written,
                  std::vector<std::string>& renamed) {
  bool something = false;
  for (const std::string& entry : free_names_first(from, path)) {
    if (entry == written.list()) continue;
    if (written.holds(from, entry)) {
      something |= ::unlinkat(from, entry.c_str(), 0) == 0;
      continue;
    }
    const std::string kept = keep(from, entry, path);
    something |= !kept.empty();
    if (!kept.empty() && kept != entry) renamed.push_back(kept);
  }
  return something;
}

/// Removes what a run wrote from the folder `name`, moves all else to `path`, and removes it.
/// Returned are the new names of what was kept under another one.
std::vector<std::string> settle(int part, const std::string& name, const std::string& path,
                                const std::string& list) {
  std::vector<std::string> renamed;
  const Handle from(::openat(part, name.c_str(), kFolder));
  if (!from) return renamed;
  const WrittenFiles written = WrittenFiles::of_folder(from.get(), list).value_or(WrittenFiles());
  for (int idle = 0; idle < 3;) {  // another run may still move files of others in here
    if (!empty_folder(from.get(), path, written, renamed)) ++idle;
    const auto left = names_in(from.get());
    if (left.size() == 1 && left[0] == written.list()) ::unlinkat(from.get(), left[0].c_str(), 0);
    if (::unlinkat(part, name.c_str(), AT_REMOVEDIR) == 0) break;
  }
  return renamed;
}

void remove_own_files(int part, const std::string& name) {
  const Handle folder(::openat(part, name.c_str(), kFolder));
  if (!folder) return;
  for (const std::string& entry : names_in(folder.get())) {
    ::unlinkat(folder.get(), entry.c_str(), 0);  // fails for a folder, which is none of ours
  }
  ::unlinkat(part, name.c_str(), AT_REMOVEDIR);
}

constexpr const char* kOwner = "owner";
constexpr const char* kUnnamedOwner = "owner.new";  // until it is locked and says whose it is

/// Whether the folder has what is open here under the name: a lock counts only as long as it has.
bool is_named(int part, const char* name, const Handle& file) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(file.get(), &opened) == 0 &&
         ::fstatat(part, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

/// The owner file of an ended run of this boot, locked; not open for any other. An empty
/// `owner.new` is of a run that ended before it could write, or will find its file gone.
Handle dead_owner(int part, const char* name) {
  Handle owner(::openat(part, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!owner || ::flock(owner.get(), LOCK_EX | LOCK_NB) != 0) return Handle();
  char text[200];
  const ssize_t size =
      is_named(part, name, owner) ? ::pread(owner.get(), text, sizeof text, 0) : -1;
  if (size < 0 || (size == 0 && name != kUnnamedOwner)) return Handle();
  const bool dead =
      size == 0 || std::string_view(text, static_cast<std::size_t>(size)) == owner_text();
  return dead ? std::move(owner) : Handle();
}

/// An `owner.new` that its run left; the folder was not that run's yet.
void drop_dead_claim(int part) {
  if (dead_owner(part, kUnnamedOwner)) ::unlinkat(part, kUnnamedOwner, 0);
}

void remove_part(int part, const std::string& part_path, const std::string& path,
                 const std::string& list) {
  drop_dead_claim(part);
  remove_own_files(part, "new");
  for (const std::string& name : names_in(part)) {
    if (!name.starts_with("old-")) continue;
    if (::renameat2(part, name.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) continue;
    if (errno == EINVAL && !fs::exists(fs::symlink_status(path))) {
      ::renameat(part, name.c_str(), AT_FDCWD, path.c_str());
    }
    settle(part, name, path, list);
  }
  settle(part, "whole", path, list);
  if (names_in(part).size() > 1) return;  // something of somebody else: it keeps its owner
  ::unlinkat(part, kOwner, 0);
  ::rmdir(part_path.c_str());
}

/// A folder that is not claimed goes too: the run that is about to claim it looks for another one.
void sweep(const std::string& part_path, const std::string& path, const std::string& list) {
  const Handle part = open_folder(part_path);
  if (!part) return;
  drop_dead_claim(part.get());
  if (::rmdir(part_path.c_str()) == 0) return;
  const Handle owner = dead_owner(part.get(), kOwner);
  if (owner) remove_part(part.get(), part_path, path, list);
}

std::string part_path(const std::string& path, int number) {
  return fmt::format("{}.part-{}", path, number);
}

void sweep_ended(const std::string& path, const std::string& list) {
  for (int n = 1; n < kMostNumbers; ++n) {
    const bool there = exists(AT_FDCWD, part_path(path, n));
    if (!there && n > kNumbersLookedAt) return;
    if (there) sweep(part_path(path, n), path, list);
  }
}

/// Folders on the way to `path` that are not there yet, outermost first.
std::vector<std::string> missing_parents(const std::string& path) {
  std::vector<std::string> missing;
  for (fs::path p = fs::path(path).parent_path(); !p.empty(); p = p.parent_path()) {
    if (exists(AT_FDCWD, p.string())) break;
    missing.insert(missing.begin(), p.string());
  }
  return missing;
}

std::string make_part(const std::string& path) {
  for (int n = 1; n < kMostNumbers; ++n) {
    std::string part = part_path(path, n);
    if (::mkdir(part.c_str(), 0777) == 0) return part;
    const std::string parent = fs::path(path).parent_path().string();
    if (errno == ENOENT && !parent.empty() && !exists(AT_FDCWD, parent)) {
      base::make_folder(parent);  // another run has just removed the one that it had made
    } else if (errno != EEXIST) {
      fail(path, "the folder cannot be created", errno);
    }
  }
  throw base::FileError(fmt::format("{}: too many folders {}.part-*; remove them", path, path));
}

void refuse_name(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  if (path.empty() || name.empty() || name == "." || name == "..") {
    throw base::UserError(
        fmt::format("{}: cannot be replaced as a whole; name a folder inside it", path));
  }
}

/// Where a file system is mounted, or where this process stands.
bool is_pinned(const std::string& path) {
  struct statx info {};
  const bool known = ::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_INO, &info) == 0;
  struct stat folder {};
  struct stat here {};
  return (known && (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0) ||
         (::lstat(path.c_str(), &folder) == 0 && ::stat(".", &here) == 0 &&
          folder.st_ino == here.st_ino && folder.st_dev == here.st_dev);
}

}  // namespace

Handle::~Handle() {
  if (fd_ >= 0) ::close(fd_);
}

Handle open_folder(const std::string& path) { return Handle(::open(path.c_str(), kFolder)); }

void refuse_foreign(const std::string& path, const std::string& list) {
  refuse_name(path);
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return;
    fail(path, "the folder cannot be created", errno);
  }
  if (S_ISLNK(info.st_mode)) {
    throw base::UserError(path + ": is a symbolic link; name the folder that it stands for");
  }
  if (!S_ISDIR(info.st_mode)) throw base::FileError(path + ": exists and is not a folder");
  if (is_pinned(path)) {
    throw base::UserError(path + ": cannot be replaced as a whole; name a folder inside it");
  }
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const Handle folder = open_folder(path);
    if (!folder && errno == ENOENT) return;
    if (!folder) fail(path, "cannot be read", errno);
    if (names_in(folder.get()).empty() || WrittenFiles::of_folder(folder.get(), list)) return;
    if (is_named(AT_FDCWD, path.c_str(), folder)) break;  // not replaced while it was read
  }
  throw base::UserError(path + ": holds files that are not a result; choose another output folder");
}

PartFolder::PartFolder(std::string path, std::string list)
    : path_(std::move(path)), list_(std::move(list)) {
  refuse_foreign(path_, list_);
  sweep_ended(path_, list_);
  refuse_foreign(path_, list_);  // an old result may be back
  parents_ = missing_parents(path_);
  make_parents();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    part_ = make_part(path_);
    if (claim()) return;
  }
  throw base::FileError(path_ + ": cannot be written: other runs write there too");
}

void PartFolder::make_parents() const {
  try {
    if (!parents_.empty()) base::make_folder(parents_.back());
  } catch (const base::FileError& e) {
    throw base::FileError(fmt::format("{}: {}", path_, e.what()));
  }
}

/// The file gets its name when it is locked, so that no other run finds it unlocked. Before that
/// another run may take the folder for that of an ended one and remove it: false, nothing is
/// claimed.
bool PartFolder::claim() {
  const std::string unnamed = fmt::format("{}/{}", part_, kUnnamedOwner);
  owner_ = Handle(::open(unnamed.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!owner_ && (errno == ENOENT || errno == EEXIST)) return false;
  const int locked = owner_ ? ::flock(owner_.get(), LOCK_EX | LOCK_NB) : -1;
  if (owner_ && locked != 0 && errno == EWOULDBLOCK) return false;
  if (owner_ && !is_named(AT_FDCWD, unnamed.c_str(), owner_)) return false;
  if (!owner_) give_up(errno);
  // Without locks nobody could tell that this run lives: the file stays empty, which says so.
  const std::string text = locked == 0 ? owner_text() : "";
  if (::write(owner_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    give_up(errno);
  }
  const int error = move_entry(AT_FDCWD, unnamed, AT_FDCWD, fmt::format("{}/{}", part_, kOwner));
  if (error == EEXIST) ::unlink(unnamed.c_str());  // the folder is another run's since then
  if (error == EEXIST || error == ENOENT) return false;
  if (error != 0 || ::mkdir(fresh().c_str(), 0777) != 0) give_up(error != 0 ? error : errno);
  return true;
}

void PartFolder::give_up(int error) const {
  remove_own_files(AT_FDCWD, part_);
  fail(path_, "the folder cannot be created", error);
}

PartFolder::~PartFolder() {
  const Handle part = open_folder(part_);
  if (part) remove_part(part.get(), part_, path_, list_);
  for (auto parent = parents_.rbegin(); parent != parents_.rend(); ++parent) {
    if (::rmdir(parent->c_str()) != 0) break;
  }
}

void PartFolder::put_at_path() {
  const std::string whole = part_ + "/whole";
  if (::rename(fresh().c_str(), whole.c_str()) != 0) fail(path_, "cannot be replaced", errno);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (::rename(whole.c_str(), path_.c_str()) == 0) return;  // nothing, or an empty folder
    if (errno != ENOTEMPTY && errno != EEXIST) fail(path_, "cannot be replaced", errno);
    refuse_foreign(path_, list_);
    if (::renameat2(AT_FDCWD, whole.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) == 0) return;
    if (errno != EINVAL && errno != ENOSYS && errno != ENOENT) {
      fail(path_, "cannot be replaced", errno);
    }
    // A file system that cannot exchange two names: what is there steps aside first.
    ::rename(path_.c_str(), fmt::format("{}/old-{}", part_, attempt).c_str());
  }
  throw base::FileError(path_ + ": cannot be replaced: other runs write there too");
}

std::vector<std::string> PartFolder::place() {
  put_at_path();
  const Handle part = open_folder(part_);
  std::vector<std::string> kept;
  for (const std::string& name : names_in(part.get())) {
    if (name != "whole" && !name.starts_with("old-")) continue;
    for (std::string& file : settle(part.get(), name, path_, list_))
      kept.push_back(std::move(file));
    if (exists(part.get(), name)) {
      throw base::FileError(
          fmt::format("{}: is replaced, but files that no run wrote could not be "
                      "moved there from {}/{}",
                      path_, part_, name));
    }
  }
  return kept;
}

}  // namespace sim::report
