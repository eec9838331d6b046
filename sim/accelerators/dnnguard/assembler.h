#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/accelerators/dnnguard/instruction.h"

/// The written form of instructions: docs/dnnguard-instructions.md.
namespace sim::dnnguard {

struct PlacedInstruction {
  Instruction instruction{};
  std::uint32_t line = 0;  // of the file, from 1 on
};

/// Instructions in the order in which they are fetched.
struct Program {
  std::string file{};
  std::vector<PlacedInstruction> instructions{};
};

/// The program of a text, or what is wrong with it: "FILE:LINE: …", once for each wrong line of the
/// first hundred.
struct Assembly {
  Program program{};
  std::vector<std::string> errors{};
};

/// `file` is only a name for messages.
Assembly assemble(std::string_view text, std::string file);

/// One line, without its end.
std::string written(const Instruction& instruction);

/// A text of which assemble() makes the same instructions, one a line.
std::string written(const Program& program);

}  // namespace sim::dnnguard
