#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sim::base {

/// The whole file; FileError when it is missing, unreadable, not a regular file, larger than
/// max_bytes or changes while it is read.
std::string read_text_file(const std::string& path, std::size_t max_bytes);

/// Writes a temporary file beside `path`, flushes it to the disk and renames it: a reader sees the
/// old content or the new, never a part, also when the disk fills up or the process is killed.
/// Throws FileError.
void write_file_atomically(const std::string& path, std::string_view content);

/// Creates the folder and its parents; FileError when that is impossible.
void make_folder(const std::string& path);

/// The bytes of a file. They are read, not mapped: what was checked cannot change afterwards, and a
/// file that shrinks is an error of reading it, not a signal on the way.
class FileBytes {
 public:
  /// FileError, also when the file changes while it is read.
  explicit FileBytes(const std::string& path);

  std::span<const std::byte> bytes() const { return {data_.get(), size_}; }

 private:
  std::unique_ptr<std::byte[]> data_;  // aligned for every type
  std::size_t size_ = 0;
};

/// Bytes of a regular file; FileError.
std::uint64_t file_size(const std::string& path);

}  // namespace sim::base
