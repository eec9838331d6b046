#include "sim/accelerators/dnnguard/instruction_word.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/accelerators/dnnguard/instruction_fields.h"
#include "sim/base/error.h"

namespace sim::dnnguard {
namespace {

constexpr std::uint32_t kOperationBits = 8;
constexpr std::uint32_t kTokenBits = 4;
constexpr std::uint32_t kFlagBits = 8;
constexpr std::uint32_t kWordBits = 128;

std::uint64_t mask(std::uint32_t bits) {
  return bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

/// Fields one behind the other, from bit 0 on.
class Writer {
 public:
  void put(std::uint64_t value, std::uint32_t bits) {
    if (at_ < 64) {
      word_.low |= value << at_;
      if (at_ + bits > 64) word_.high |= value >> (64 - at_);
    } else {
      word_.high |= value << (at_ - 64);
    }
    at_ += bits;
  }
  const Word& word() const { return word_; }

 private:
  Word word_{};
  std::uint32_t at_ = 0;
};

class Reader {
 public:
  explicit Reader(const Word& word) : word_(word) {}

  std::uint64_t get(std::uint32_t bits) {
    std::uint64_t value = at_ < 64 ? word_.low >> at_ : word_.high >> (at_ - 64);
    if (at_ < 64 && at_ + bits > 64) value |= word_.high << (64 - at_);
    at_ += bits;
    return value & mask(bits);
  }
  std::uint32_t at() const { return at_; }
  bool rest_is_zero() {
    bool zero = true;
    while (at_ < kWordBits) zero &= get(std::min(64 - at_ % 64, kWordBits - at_)) == 0;
    return zero;
  }

 private:
  const Word& word_;
  std::uint32_t at_ = 0;
};

void check(const std::optional<std::string>& fault, std::string_view mnemonic) {
  if (fault) throw base::UserError(fmt::format("{}: {}", mnemonic, *fault));
}

/// Of the head: 4 bits each.
void check_head(const Instruction& instruction, std::string_view mnemonic) {
  check(fault_of({"net", kNetBits}, instruction.net), mnemonic);
  check(fault_of({"wait", kTokenBits}, instruction.wait), mnemonic);
  check(fault_of({"set", kTokenBits}, instruction.set), mnemonic);
}

std::uint64_t flags_of(const Format& format, const std::vector<std::uint64_t>& operands) {
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (format.fields[i].is_choice()) return operands[i];
  }
  return 0;
}

/// A choice is in the flags; numbers follow them.
std::vector<std::uint64_t> read_operands(const Format& format, std::uint64_t flags,
                                         Reader& reader) {
  std::vector<std::uint64_t> operands;
  for (const Field& field : format.fields) {
    operands.push_back(field.is_choice() ? flags : reader.get(field.bits));
  }
  return operands;
}

bool has_choice(const Format& format) {
  return std::ranges::any_of(format.fields, [](const Field& field) { return field.is_choice(); });
}

/// Of the operands, or of bits that mean nothing.
std::optional<std::string> fault_of(const Format& format, std::uint64_t flags,
                                    const std::vector<std::uint64_t>& operands, Reader& reader) {
  if (flags != 0 && !has_choice(format)) {
    return fmt::format("the flags are {:#x}; it has none, so they have to be 0", flags);
  }
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (auto fault = fault_of(format.fields[i], operands[i])) return fault;
  }
  const std::uint32_t used = reader.at();
  if (reader.rest_is_zero()) return std::nullopt;
  return fmt::format("bits {} to {} have to be 0", used, kWordBits - 1);
}

}  // namespace

Word encode(const Instruction& instruction) {
  const Format& format = formats()[instruction.operation.index()];
  const std::vector<std::uint64_t> operands = operands_of(instruction.operation);
  check_head(instruction, format.mnemonic);
  Writer writer;
  writer.put(instruction.operation.index() + 1, kOperationBits);
  writer.put(instruction.net, kNetBits);
  writer.put(instruction.set, kTokenBits);
  writer.put(instruction.wait, kTokenBits);
  writer.put(flags_of(format, operands), kFlagBits);
  for (std::size_t i = 0; i < operands.size(); ++i) {
    check(fault_of(format.fields[i], operands[i]), format.mnemonic);
    if (!format.fields[i].is_choice()) writer.put(operands[i], format.fields[i].bits);
  }
  return writer.word();
}

std::variant<Instruction, WordFault> decode(const Word& word) {
  Reader reader(word);
  const std::uint64_t code = reader.get(kOperationBits);
  if (code == 0 || code > formats().size()) {
    return WordFault{fmt::format("operation code {} does not exist; 1 ({}) to {} ({}) do", code,
                                 formats().front().mnemonic, formats().size(),
                                 formats().back().mnemonic)};
  }
  const Format& format = formats()[code - 1];
  Instruction instruction;
  instruction.net = static_cast<std::uint8_t>(reader.get(kNetBits));
  instruction.set = static_cast<std::uint8_t>(reader.get(kTokenBits));
  instruction.wait = static_cast<std::uint8_t>(reader.get(kTokenBits));
  const std::uint64_t flags = reader.get(kFlagBits);
  const std::vector<std::uint64_t> operands = read_operands(format, flags, reader);
  if (const auto fault = fault_of(format, flags, operands, reader)) {
    return WordFault{fmt::format("{}: {}", format.mnemonic, *fault)};
  }
  instruction.operation = operation_of(code - 1, operands);
  return instruction;
}

}  // namespace sim::dnnguard
