#include "sim/accelerators/optimus/runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace sim::optimus {
namespace {

using workload::Operator;
using workload::OperatorKind;

constexpr std::array kWithoutUnit = {
    OperatorKind::kConv2d,   OperatorKind::kMaxPool2d, OperatorKind::kAveragePool2d,
    OperatorKind::kUpsample, OperatorKind::kUnflatten, OperatorKind::kLocalResponseNorm,
};

std::string kinds_without_unit() {
  std::string text;
  for (const OperatorKind kind : kWithoutUnit) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", workload::name_of(kind));
  }
  return text;
}

bool has_unit(OperatorKind kind) {
  return std::ranges::find(kWithoutUnit, kind) == kWithoutUnit.end();
}

}  // namespace

std::vector<OperatorKind> runnable_operators() {
  std::vector<OperatorKind> all;
  for (const OperatorKind kind : workload::operator_kinds()) {
    if (has_unit(kind)) all.push_back(kind);
  }
  return all;
}

std::string reason_against(const workload::Network& network) {
  const std::string runs =
      fmt::format("networks of tokens, without maps and without {}", kinds_without_unit());
  for (const Operator& op : network.operators) {
    if (!has_unit(op.kind())) {
      return fmt::format("{}; operator '{}' is of kind {}", runs, op.name,
                         workload::name_of(op.kind()));
    }
    if (op.shape.is_map()) {
      return fmt::format("{}; operator '{}' makes a map of {} x {} x {}", runs, op.name,
                         op.shape.features, op.shape.height, op.shape.width);
    }
  }
  return "";
}

}  // namespace sim::optimus
