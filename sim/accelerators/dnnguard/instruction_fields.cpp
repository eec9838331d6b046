#include "sim/accelerators/dnnguard/instruction_fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <type_traits>
#include <utility>

namespace sim::dnnguard {
namespace {

using Kind = Field::Kind;

constexpr std::array<std::string_view, 4> kLayerKinds{"conv", "fc", "eltwise", "pool"};
constexpr std::array<std::string_view, 2> kSources{"cpu", "net"};
constexpr std::array<std::string_view, 2> kDirections{"bank", "memory"};

constexpr std::uint32_t kChoiceBits = 8;
constexpr std::uint32_t kAddressBits = 40;

constexpr std::array kConfigure{Field{"descriptor", 32}};
constexpr std::array kReserve{Field{"rows", 16}, Field{"banks", 16}};
constexpr std::array kLayer{Field{"kind", kChoiceBits, Kind::kChoice, 0, kLayerKinds}};
constexpr std::array kCpuTask{Field{"handler", 8}, Field{"source", 32}, Field{"destination", 32},
                              Field{"elements", 28, Kind::kNumber, 1}};
constexpr std::array kWait{Field{"tokens", kTokens, Kind::kTokens}};
constexpr std::array kSignal{Field{"token", 4, Kind::kToken}};
constexpr std::array kVerdict{Field{"source", kChoiceBits, Kind::kChoice, 0, kSources},
                              Field{"judged", kNetBits}, Field{"address", 32},
                              Field{"threshold", 32, Kind::kSigned}};
constexpr std::array kMove{Field{"address", kAddressBits}, Field{"bank", 8},
                           Field{"bytes", 32, Kind::kNumber, 1}};
constexpr std::array kShare{Field{"bank", 8}, Field{"owner", kNetBits}, Field{"reader", kNetBits},
                            Field{"uses", 8, Kind::kNumber, 1}};
constexpr std::array kTransfer{Field{"to", kChoiceBits, Kind::kChoice, 0, kDirections},
                               Field{"address", kAddressBits}, Field{"bank", 8},
                               Field{"bytes", 32, Kind::kNumber, 1}};
constexpr std::array kRelease{Field{"address", kAddressBits}};

constexpr std::array<Format, std::variant_size_v<Operation>> kFormats{{
    {"nn.cfg", kConfigure},
    {"nn.res", kReserve},
    {"nn.layer", kLayer},
    {"nn.cpuop", kCpuTask},
    {"nn.wait", kWait},
    {"nn.signal", kSignal},
    {"nn.verdict", kVerdict},
    {"nn.load", kMove},
    {"nn.store", kMove},
    {"nn.share", kShare},
    {"nn.xfer", kTransfer},
    {"nn.release", kRelease},
}};

std::uint64_t number_of(TokenSet tokens) { return tokens.bits; }
template <class T>
std::uint64_t number_of(T value) {
  if constexpr (std::is_signed_v<T>) {
    return static_cast<std::make_unsigned_t<T>>(value);
  } else {
    return static_cast<std::uint64_t>(value);
  }
}

void assign(TokenSet& member, std::uint64_t value) {
  member.bits = static_cast<std::uint16_t>(value);
}
template <class T>
void assign(T& member, std::uint64_t value) {
  member = static_cast<T>(value);
}

template <class Op>
Operation filled(std::span<const std::uint64_t> operands) {
  Op op;
  std::size_t next = 0;
  std::apply([&](auto&... member) { (assign(member, operands[next++]), ...); }, Op::members(op));
  return op;
}

template <std::size_t... I>
Operation filled(std::size_t index, std::span<const std::uint64_t> operands,
                 std::index_sequence<I...> /*all*/) {
  using Make = Operation (*)(std::span<const std::uint64_t>);
  constexpr std::array<Make, sizeof...(I)> kMake{
      &filled<std::variant_alternative_t<I, Operation>>...};
  return kMake.at(index)(operands);
}

}  // namespace

std::span<const Format> formats() { return kFormats; }

std::string_view mnemonic(const Operation& operation) {
  return kFormats.at(operation.index()).mnemonic;
}

TokenSet taken(const Instruction& instruction) {
  std::uint32_t bits = 1U << instruction.wait;
  if (const auto* wait = std::get_if<Wait>(&instruction.operation)) bits |= wait->tokens.bits;
  return {static_cast<std::uint16_t>(bits & ~1U)};
}

TokenSet set_tokens(const Instruction& instruction) {
  std::uint32_t bits = 1U << instruction.set;
  if (const auto* signal = std::get_if<Signal>(&instruction.operation)) bits |= 1U << signal->token;
  return {static_cast<std::uint16_t>(bits & ~1U)};
}

std::optional<std::string> fault_of(const Field& field, std::uint64_t value) {
  switch (field.kind) {
    case Kind::kNumber:
    case Kind::kSigned: {
      const std::uint64_t most = (std::uint64_t{1} << field.bits) - 1;
      if (value >= field.least && value <= most) return std::nullopt;
      return fmt::format("{} is {}; it has to be {} to {}", field.name, value, field.least, most);
    }
    case Kind::kToken:
      if (value >= 1 && value < kTokens) return std::nullopt;
      return fmt::format("{} is {}; tokens are 1 to {}", field.name, value, kTokens - 1);
    case Kind::kTokens:
      if (value != 0 && value % 2 == 0 && value < 1U << kTokens) return std::nullopt;
      return fmt::format("{} is the set {:#x}; it has to hold some of the tokens 1 to {}, no other",
                         field.name, value, kTokens - 1);
    case Kind::kChoice:
      if (value < field.words.size()) return std::nullopt;
      return fmt::format("{} is number {}; 0 to {} are {}", field.name, value,
                         field.words.size() - 1, fmt::join(field.words, ", "));
  }
  return std::nullopt;
}

std::vector<std::uint64_t> operands_of(const Operation& operation) {
  std::vector<std::uint64_t> operands;
  std::visit(
      [&](const auto& op) {
        std::apply([&](const auto&... member) { (operands.push_back(number_of(member)), ...); },
                   op.members(op));
      },
      operation);
  return operands;
}

Operation operation_of(std::size_t index, std::span<const std::uint64_t> operands) {
  return filled(index, operands, std::make_index_sequence<std::variant_size_v<Operation>>());
}

}  // namespace sim::dnnguard
