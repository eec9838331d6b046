#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/accelerators/dnnguard/instruction.h"

/// What the binary and the written form of instructions are made from: each operation's operands as
/// plain numbers.
namespace sim::dnnguard {

constexpr std::uint32_t kNetBits = 4;
constexpr std::uint32_t kTokens = 16;  // the first of which stands for none

struct Field {
  enum class Kind { kNumber, kSigned, kToken, kTokens, kChoice };

  std::string_view name{};
  std::uint32_t bits = 0;
  Kind kind = Kind::kNumber;
  std::uint64_t least = 0;                    // of numbers
  std::span<const std::string_view> words{};  // of choices

  bool is_choice() const { return kind == Kind::kChoice; }
};

struct Format {
  std::string_view mnemonic{};
  std::span<const Field> fields{};  // in the order of members()
};

/// By operation code - 1.
std::span<const Format> formats();

/// What is wrong with an operand's value: "bank is 256; it has to be 0 to 255". Numbers wider than
/// the field are wrong, too.
std::optional<std::string> fault_of(const Field& field, std::uint64_t value);

/// The operands as numbers, in the order of the format's fields; negative ones in two's complement
/// of the field's width.
std::vector<std::uint64_t> operands_of(const Operation& operation);
/// The operation of formats()[index], whose operands have no faults.
Operation operation_of(std::size_t index, std::span<const std::uint64_t> operands);

}  // namespace sim::dnnguard
