#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sim::base {

/// The whole file; FileError when it is missing, unreadable, not a regular file or larger than
/// max_bytes.
std::string read_text_file(const std::string& path, std::size_t max_bytes);

/// Writes a temporary file beside `path`, flushes it to the disk and renames it: a reader sees the
/// old content or the new, never a part, also when the disk fills up or the process is killed.
/// Throws FileError.
void write_file_atomically(const std::string& path, std::string_view content);

/// Creates the folder and its parents; FileError when that is impossible.
void make_folder(const std::string& path);

/// A read-only view of a file in memory (mmap).
class MappedFile {
 public:
  explicit MappedFile(const std::string& path);  // FileError
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace sim::base
