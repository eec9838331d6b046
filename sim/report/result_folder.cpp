#include "sim/report/result_folder.h"

#include <fmt/format.h>

#include <utility>

#include "sim/base/file.h"
#include "sim/report/text.h"

namespace sim::report {
namespace {

std::string without_trailing_slash(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return std::string(path);
}

}  // namespace

ResultFolder::ResultFolder(std::string_view path, std::string list)
    : path_(without_trailing_slash(path)), list_(std::move(list)), part_(path_, list_) {}

void ResultFolder::add(const std::string& name, std::string_view content) {
  base::write_file_atomically(fmt::format("{}/{}", part_.fresh(), name), content);
  written_.add(name, content);
}

std::vector<std::string> ResultFolder::commit(nlohmann::ordered_json content) {
  content["files"] = written_.json();
  add(list_, json_text(content));
  return part_.place();
}

}  // namespace sim::report
