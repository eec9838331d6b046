#pragma once

#include <string>
#include <string_view>

namespace sim::report {

/// A folder of result files that appears whole or not at all. Files are written into
/// `<path>.part-<process id>`; commit() puts it in the place of `path`. Until then a result that
/// stands there stays as it is, whatever happens: full disk, error, killed process.
class ResultFolder {
 public:
  /// Creates the part folder. base::UserError when `path` is a folder that holds something else,
  /// which is one without a file `marker`; base::FileError when it cannot be written.
  explicit ResultFolder(std::string path, std::string_view marker = "summary.json");
  ~ResultFolder();  // removes what was not committed
  ResultFolder(const ResultFolder&) = delete;
  ResultFolder& operator=(const ResultFolder&) = delete;

  /// Writes one file and flushes it to the disk; base::FileError.
  void add(std::string_view name, std::string_view content);
  void commit();

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::string part_;
  bool committed_ = false;
};

}  // namespace sim::report
