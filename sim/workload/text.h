#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sim::workload {

/// "; did you mean 'x'?" with the name nearest to an untrusted word, or nothing.
std::string suggestion(std::string_view word, std::vector<std::string> names);

/// 1 to 256 printable ASCII characters: what names of tensors and operators are made of.
bool is_plain_name(std::string_view name);

}  // namespace sim::workload
