#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sim::app {

/// The file that ARCH or WORKLOAD on the command line means. A word with a '/' or ending in .yaml
/// is a path. Any other is the bare name of a preset, `<folder>/<name>.yaml` (folder =
/// "arch-configs" or "workloads"), in the current folder or else in the source tree of this
/// program. base::UserError naming the nearest preset when there is none.
std::string find_preset(std::string_view word, std::string_view folder);

/// Names of all presets of a folder, sorted; the current folder's hide the source tree's.
std::vector<std::string> preset_names(std::string_view folder);

/// The first comment line of a YAML file without its '#': what a preset says of itself.
std::string first_comment(const std::string& path);

}  // namespace sim::app
