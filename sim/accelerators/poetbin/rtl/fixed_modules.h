#pragma once

#include <vector>

#include "sim/core/accelerator.h"

namespace sim::poetbin::rtl {

/// The files of rtl/ that generated netlists and their test benches need, as they were when this
/// program was built. `names` are their file names, without folders.
std::vector<core::SourceFile> fixed_modules(const std::vector<std::string_view>& names);

}  // namespace sim::poetbin::rtl
