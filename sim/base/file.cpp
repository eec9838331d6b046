#include "sim/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "sim/base/error.h"

namespace sim::base {
namespace {

[[noreturn]] void fail(const std::string& path, std::string_view what, int error) {
  throw FileError(fmt::format("{}: {}: {}", path, what, std::strerror(error)));
}

/// Opening a pipe must not wait for its writer: it is refused anyway.
constexpr int kReadFlags = O_RDONLY | O_NONBLOCK;

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags, mode_t mode = 0)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// How a regular file stands: another state, another content.
struct FileState {
  std::size_t size;
  std::int64_t seconds;
  std::int64_t nanoseconds;

  bool operator==(const FileState&) const = default;
};

FileState regular_file(const Descriptor& file, const std::string& path) {
  if (file.get() < 0) fail(path, "cannot be opened", errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) fail(path, "cannot be inspected", errno);
  if (!S_ISREG(info.st_mode)) throw FileError(path + ": not a regular file");
  return {static_cast<std::size_t>(info.st_size), info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

/// Bytes read: `size`, or fewer when the file ends before.
std::size_t read_up_to(const Descriptor& file, void* into, std::size_t size,
                       const std::string& path) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(file.get(), static_cast<char*>(into) + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, "cannot be read", errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

/// Reads all of a file. Bytes that are cut off between two looks at the size may read as zeros, so
/// the file must stand at the end as it stood at the beginning.
void read_whole(const Descriptor& file, void* into, const FileState& state,
                const std::string& path) {
  const std::size_t size = read_up_to(file, into, state.size, path);
  if (size != state.size || regular_file(file, path) != state) {
    throw FileError(path + ": changed while it was read");
  }
}

void write_all(const Descriptor& file, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path, "cannot be written", errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.get()) != 0) fail(path, "cannot be flushed to the disk", errno);
}

}  // namespace

std::string read_text_file(const std::string& path, std::size_t max_bytes) {
  const Descriptor file(path, kReadFlags);
  const FileState state = regular_file(file, path);
  if (state.size > max_bytes) {
    throw FileError(
        fmt::format("{}: {} bytes, more than the {} allowed", path, state.size, max_bytes));
  }
  std::string text(state.size, '\0');
  read_whole(file, text.data(), state, path);
  return text;
}

void write_file_atomically(const std::string& path, std::string_view content) {
  const std::string temporary = fmt::format("{}.{}.part", path, ::getpid());
  try {
    ::unlink(temporary.c_str());  // a link of this name would lead the content elsewhere
    const Descriptor file(temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (file.get() < 0) fail(path, "cannot be created", errno);
    write_all(file, content, path);
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail(path, "cannot be replaced", errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) fail(path, "the folder cannot be created", error.value());
  if (!std::filesystem::is_directory(path)) throw FileError(path + ": exists and is not a folder");
}

FileBytes::FileBytes(const std::string& path) {
  const Descriptor file(path, kReadFlags);
  const FileState state = regular_file(file, path);
  size_ = state.size;
  data_ = std::make_unique_for_overwrite<std::byte[]>(size_);
  read_whole(file, data_.get(), state, path);
}

std::uint64_t file_size(const std::string& path) {
  return regular_file(Descriptor(path, kReadFlags), path).size;
}

}  // namespace sim::base
