#pragma once

#include <optional>
#include <string_view>

#include "sim/accelerators/dnnguard/instruction.h"

namespace sim::dnnguard {

/// The instruction of a line; nothing where there is none, but a comment or blanks. Throws
/// base::UserError with what is wrong.
std::optional<Instruction> read_line(std::string_view line);

}  // namespace sim::dnnguard
