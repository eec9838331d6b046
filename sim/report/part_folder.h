#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sim::report {

/// A file descriptor of its own.
class Handle {
 public:
  explicit Handle(int fd = -1) : fd_(fd) {}
  ~Handle();
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle(Handle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

/// The open folder itself, never what a symbolic link points to; not open when there is none.
Handle open_folder(const std::string& path);

/// The folder `<path>.part-<number>` beside a result, in which a run builds what will stand at
/// `path`:
///
/// - `owner` (`owner.new` at first) says which boot of a host works here, and is locked as long as
///   the process lives;
/// - `new/`: files of a result that is not complete, all of them the run's own;
/// - `whole/`: a complete result, or what stood at `path` before and changed places with it;
/// - `old-<attempt>/`: what stood there before, where the file system cannot exchange two names.
///
/// A killed run leaves it behind. A later one sweeps it away when it was written in the same boot
/// of the same host and the lock is free: process numbers, which name spaces repeat and time
/// reuses, are not asked. It may end at any moment: an empty folder, or one with nothing but an
/// empty `owner.new`, is swept away too, and a run that was about to claim it takes another.
/// Nothing else is ever removed; what a folder holds beside the files that a run wrote goes back
/// to `path`.
class PartFolder {
 public:
  /// Creates it, with missing parents, and sweeps what ended runs left; base::FileError.
  /// `list`: the name of the file that lists a result's files.
  PartFolder(std::string path, std::string list);
  ~PartFolder();  // removes it, and parents that it made and that are empty

  std::string fresh() const { return part_ + "/new"; }
  /// Renames new/ to whole/ and puts it in the place of `path`. Files there that no run wrote stay
  /// there, under another name where the new result has a file of theirs; returned are those names.
  std::vector<std::string> place();

 private:
  void make_parents() const;
  bool claim();  // false: another run has taken the folder
  [[noreturn]] void give_up(int error) const;
  void put_at_path();

  std::string path_;
  std::string list_;
  std::string part_;
  Handle owner_;  // locked
  std::vector<std::string> parents_;
};

/// What `path` must be for a run to write there: nothing, an empty folder or a result. Throws
/// base::UserError or base::FileError.
void refuse_foreign(const std::string& path, const std::string& list);

}  // namespace sim::report
