#include "sim/accelerators/optimus/program.h"

#include <algorithm>

#include "sim/base/check.h"

namespace sim::optimus {

using workload::OperatorKind;

UnitId id_of(std::string_view name) {
  const auto found =
      std::ranges::find(kUnitNames, name, [](const char* n) { return std::string_view(n); });
  SIM_CHECK(found != std::end(kUnitNames), "no unit '{}'", name);
  return static_cast<UnitId>(found - std::begin(kUnitNames));
}

UnitId unit_of(OperatorKind kind) {
  switch (kind) {
    case OperatorKind::kInput:
    case OperatorKind::kEmbedding:
    case OperatorKind::kConstant:
      return UnitId::kEmbedder;
    case OperatorKind::kSoftmax:
      return UnitId::kSoftmax;
    case OperatorKind::kNorm:
      return UnitId::kAddNorm;
    case OperatorKind::kLinear:
    case OperatorKind::kLogits:
    case OperatorKind::kAttentionScores:
    case OperatorKind::kAttentionValues:
      return UnitId::kMacArray;
    default:
      return UnitId::kElementwise;
  }
}

bool Program::uses(UnitId unit) const { return std::ranges::count(layers, unit, &Layer::unit) > 0; }

std::uint32_t seen_keys(const workload::AttentionMask& mask, std::uint32_t i, std::uint32_t keys) {
  const std::uint32_t reach = mask.window ? *mask.window - 1 : i + keys;
  const std::uint32_t first = i - std::min(i, reach);
  const std::uint32_t last = std::min(keys, mask.causal ? i + 1 : i + reach + 1);
  return last - std::min(first, last);
}

std::uint32_t keys_of_query(const Command& command, const Layer& layer, std::uint32_t query) {
  return command.masked ? seen_keys(layer.mask, query, command.keys) : command.keys;
}

}  // namespace sim::optimus
