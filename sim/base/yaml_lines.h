#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sim::base {

/// The lines of a UTF-8 text without their breaks (LF or CR LF), those of nothing but spaces empty.
/// A mark of byte order at the start is left out. Throws YamlRuleError for other encodings, for
/// tabs, control characters and other breaks, and for more than 1 MiB.
std::vector<std::string> yaml_lines(std::string_view text);

}  // namespace sim::base
