#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "sim/accelerators/dnnguard/instruction.h"

/// The binary form of instructions: docs/dnnguard-instructions.md.
namespace sim::dnnguard {

/// 128 bits, in memory the low half first, each half with its lowest byte first.
struct Word {
  std::uint64_t low = 0;   // bits 0 to 63
  std::uint64_t high = 0;  // bits 64 to 127

  friend bool operator==(const Word&, const Word&) = default;
};

/// Why a word is no instruction.
struct WordFault {
  std::string what{};
};

/// Throws base::UserError for an operand that its field does not hold.
Word encode(const Instruction& instruction);

/// Every word is an instruction or has a fault; those of an encoded instruction give it back, and
/// an instruction has one word only.
std::variant<Instruction, WordFault> decode(const Word& word);

}  // namespace sim::dnnguard
