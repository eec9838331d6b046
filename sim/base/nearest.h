#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sim::base {

/// The candidate nearest to `word` by edit distance, if any is near enough to be a likely slip.
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

}  // namespace sim::base
