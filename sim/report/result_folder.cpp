#include "sim/report/result_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "sim/base/error.h"
#include "sim/base/file.h"

namespace sim::report {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path, std::string_view what, int error) {
  throw base::FileError(fmt::format("{}: {}: {}", path, what, std::strerror(error)));
}

void refuse_foreign(const std::string& path, std::string_view marker) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status)) throw base::FileError(path + ": exists and is not a folder");
  const bool empty = fs::is_empty(path, error);
  if (error) fail(path, "cannot be read", error.value());
  if (!empty && !fs::exists(fs::path(path) / marker)) {
    throw base::UserError(path +
                          ": holds files that are not a result; choose another output folder");
  }
}

/// Renames `part` to `path`; what stood there is removed only afterwards.
void replace_folder(const std::string& part, const std::string& path) {
  if (::rename(part.c_str(), path.c_str()) == 0) return;  // nothing, or an empty folder, was there
  if (errno != ENOTEMPTY && errno != EEXIST) fail(path, "cannot be replaced", errno);
  if (::renameat2(AT_FDCWD, part.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) != 0) {
    // A file system that cannot exchange two names: the old result steps aside first.
    const std::string old = part + ".old";
    if (::rename(path.c_str(), old.c_str()) != 0) fail(path, "cannot be replaced", errno);
    if (::rename(part.c_str(), path.c_str()) != 0) {
      const int error = errno;
      ::rename(old.c_str(), path.c_str());
      fail(path, "cannot be replaced", error);
    }
    fs::rename(old, part);
  }
  std::error_code ignored;  // the new result is in place; a left-over part folder does no harm
  fs::remove_all(part, ignored);
}

std::string without_trailing_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

ResultFolder::ResultFolder(std::string path, std::string_view marker)
    : path_(without_trailing_slash(std::move(path))),
      part_(fmt::format("{}.part-{}", path_, ::getpid())) {
  refuse_foreign(path_, marker);
  base::make_folder(part_);
}

ResultFolder::~ResultFolder() {
  std::error_code ignored;
  if (!committed_) fs::remove_all(part_, ignored);
}

void ResultFolder::add(std::string_view name, std::string_view content) {
  base::write_file_atomically(fmt::format("{}/{}", part_, name), content);
}

void ResultFolder::commit() {
  replace_folder(part_, path_);
  committed_ = true;
}

}  // namespace sim::report
