#include "sim/workload/relu_outputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/workload/masks.h"

namespace sim::workload {

std::vector<std::uint32_t> relu_operators(const Network& model) {
  std::vector<std::uint32_t> found;
  for (const Operator& op : model.operators) {
    const bool reads = op.kind() == OperatorKind::kLinear || op.kind() == OperatorKind::kLogits;
    if (reads && !op.inputs.empty() && model.operators.at(op.inputs[0]).relu()) {
      found.push_back(op.inputs[0]);
    }
  }
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::shared_ptr<const Mask> drawn_relu_outputs(const NetworkTask& task, std::uint32_t op,
                                               const Sample& sentence) {
  const Operator& relu = task.model.operators.at(op);
  const std::uint32_t positions = positions_of(task.model, relu, sentence);
  if (task.relu_density == 1 || positions == 0) return nullptr;
  base::Rng rng(task.seed, fmt::format("{} sentence {}", relu.name, sentence.index));
  return std::make_shared<const Mask>(draw_mask(rng, even_scales(positions, relu.features()),
                                                KeepLaw::kProportional, task.relu_density));
}

}  // namespace sim::workload
