#include "sim/accelerators/dnnguard/assembler.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "sim/accelerators/dnnguard/assembler_line.h"
#include "sim/accelerators/dnnguard/instruction_fields.h"
#include "sim/base/error.h"

namespace sim::dnnguard {
namespace {

constexpr std::size_t kMaxErrors = 100;
constexpr std::size_t kMaxInstructions = 1 << 20;

std::string written_set(std::uint64_t bits) {
  std::string text;
  for (std::uint32_t token = 1; token < kTokens; ++token) {
    if ((bits >> token & 1) != 0) text += fmt::format("{}{}", text.empty() ? "" : ",", token);
  }
  return text;
}

std::string written_value(const Field& field, std::uint64_t value) {
  switch (field.kind) {
    case Field::Kind::kSigned:
      return std::to_string(static_cast<std::int32_t>(value));
    case Field::Kind::kTokens:
      return written_set(value);
    case Field::Kind::kChoice:
      return std::string(field.words[value]);
    default:
      return field.bits > 16 ? fmt::format("{:#x}", value) : std::to_string(value);
  }
}

}  // namespace

Assembly assemble(std::string_view text, std::string file) {
  Assembly result{.program = {.file = std::move(file)}};
  for (std::uint32_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const auto complain = [&](std::string_view what) {
      result.errors.push_back(fmt::format("{}:{}: {}", result.program.file, line, what));
    };
    if (result.errors.size() == kMaxErrors) {
      complain(
          fmt::format("there are {} wrong lines above; from here on nothing was read", kMaxErrors));
      return result;
    }
    try {
      if (const std::optional<Instruction> read = read_line(text.substr(0, end))) {
        if (result.program.instructions.size() == kMaxInstructions) {
          complain(fmt::format("a program has at most {} instructions", kMaxInstructions));
          return result;
        }
        result.program.instructions.push_back({*read, line});
      }
    } catch (const base::UserError& error) {
      complain(error.what());
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

std::string written(const Instruction& instruction) {
  const Format& format = formats()[instruction.operation.index()];
  std::string text = fmt::format("{} net={}", format.mnemonic, instruction.net);
  if (instruction.wait != 0) text += fmt::format(" wait={}", instruction.wait);
  if (instruction.set != 0) text += fmt::format(" set={}", instruction.set);
  const auto operands = operands_of(instruction.operation);
  for (std::size_t i = 0; i < operands.size(); ++i) {
    text +=
        fmt::format(" {}={}", format.fields[i].name, written_value(format.fields[i], operands[i]));
  }
  return text;
}

std::string written(const Program& program) {
  std::string text;
  for (const PlacedInstruction& placed : program.instructions) {
    text += written(placed.instruction) + '\n';
  }
  return text;
}

}  // namespace sim::dnnguard
