#include "sim/accelerators/optimus/feed.h"

namespace sim::optimus {
namespace {

using workload::OperatorKind;

bool has_weights(const Layer& layer) {
  return layer.kind == OperatorKind::kLinear || layer.kind == OperatorKind::kLogits;
}

bool same_rows(const Layer& a, const Layer& b) {
  return a.shape.rows == b.shape.rows && a.shape.tokens == b.shape.tokens;
}

std::optional<std::size_t> last_made(const Program& program, const Layer& layer) {
  std::optional<std::size_t> last;
  for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
    if (!last || layer.inputs[i] > layer.inputs[*last]) last = i;
  }
  if (!last) return std::nullopt;
  const Layer& producer = program.layers[layer.inputs[*last]];
  if (!has_weights(producer) || !same_rows(producer, layer)) return std::nullopt;
  return last;
}

}  // namespace

std::optional<std::size_t> fed_input(const Program& program, const Layer& layer,
                                     const Config& config) {
  if (!config.load_compute_matching) return std::nullopt;
  switch (layer.unit) {
    case UnitId::kSoftmax:
      return config.post.softmax_overlap ? std::optional<std::size_t>(0) : std::nullopt;
    case UnitId::kAddNorm:
      if (!has_weights(program.layers[layer.inputs[1]])) return std::nullopt;
      return 1;
    case UnitId::kElementwise:
      return last_made(program, layer);
    default:
      return std::nullopt;
  }
}

}  // namespace sim::optimus
