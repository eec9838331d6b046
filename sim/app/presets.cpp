#include "sim/app/presets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <set>
#include <system_error>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/base/nearest.h"
#include "sim/base/printable.h"

namespace sim::app {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMaxPresetBytes = 1 << 20;

/// The nearest folder above the program that holds arch-configs: its source tree.
fs::path source_tree() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (fs::path at = program.parent_path(); at != at.parent_path(); at = at.parent_path()) {
    if (fs::is_directory(at / "arch-configs", error)) return at;
  }
  return {};
}

/// Workloads have a folder within theirs for the shapes of published networks.
std::vector<fs::path> preset_folders(std::string_view folder) {
  std::vector<fs::path> folders = {fs::path(folder)};
  const fs::path tree = source_tree();
  if (!tree.empty()) folders.push_back(tree / folder);
  for (std::size_t i = 0; i < folders.size(); i += 2) {
    folders.insert(folders.begin() + static_cast<std::ptrdiff_t>(i) + 1, folders[i] / "networks");
  }
  return folders;
}

}  // namespace

std::string find_preset(std::string_view word, std::string_view folder) {
  if (word.find('/') != std::string_view::npos || word.ends_with(".yaml")) {
    return std::string(word);
  }
  std::error_code error;
  for (const fs::path& in : preset_folders(folder)) {
    const fs::path path = in / fmt::format("{}.yaml", word);
    if (fs::exists(path, error)) return path.string();
  }
  if (fs::is_regular_file(word, error)) return std::string(word);
  const auto names = preset_names(folder);
  const auto near = base::nearest(word, names);
  const std::string known =
      names.empty() ? "" : fmt::format(", or one of: {}", fmt::join(names, ", "));
  throw base::UserError(fmt::format(
      "there is no preset '{}' in {}/; {}", base::printable(word), folder,
      near ? fmt::format("did you mean '{}'?", *near) : fmt::format("give a path{}", known)));
}

std::vector<std::string> preset_names(std::string_view folder) {
  std::set<std::string> names;
  std::error_code error;
  for (const fs::path& in : preset_folders(folder)) {
    for (const auto& entry : fs::directory_iterator(in, error)) {
      if (entry.path().extension() == ".yaml") names.insert(entry.path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

std::string first_comment(const std::string& path) {
  const std::string text = base::read_text_file(path, kMaxPresetBytes);
  if (!text.starts_with('#')) return "";
  const std::string line = text.substr(1, text.find('\n') - 1);
  const std::size_t start = line.find_first_not_of(' ');
  return start == std::string::npos ? "" : line.substr(start);
}

}  // namespace sim::app
