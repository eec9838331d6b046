#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sim/report/part_folder.h"
#include "sim/report/written_files.h"

namespace sim::report {

/// A folder of result files that appears whole or not at all. Files are written into a part folder
/// beside it; commit() puts them in the place of `path`. Until then a result that stands there
/// stays as it is, whatever happens: full disk, error, killed process. Files and folders in `path`
/// that no run wrote, or that were changed since, are never lost.
class ResultFolder {
 public:
  /// Creates the part folder. `list` is the file that will list the others: another result may be
  /// replaced, other folders may not. base::UserError when `path` holds something else, is a
  /// symbolic link, `.`, `..`, `/` or a mounted file system; base::FileError when it is a file or
  /// cannot be written.
  explicit ResultFolder(std::string_view path, std::string list = "host.json");

  /// Throws what the constructor would throw, and leaves nothing.
  static void try_out(std::string_view path) { const ResultFolder folder(path); }

  /// Writes one file and flushes it to the disk; base::FileError.
  void add(const std::string& name, std::string_view content);
  /// Adds the list file, which is `content` and the list under `files`, and replaces. Returned are
  /// the names that files in `path` have now which had one of the new result: NAME.kept-1.
  std::vector<std::string> commit(nlohmann::ordered_json content);

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::string list_;
  WrittenFiles written_;
  PartFolder part_;
};

}  // namespace sim::report
