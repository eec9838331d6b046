#include "sim/accelerators/optimus/moment.h"

namespace sim::optimus {

using workload::OutputShape;

Moment Moment::of(const Program& program, std::uint32_t source_tokens, std::uint32_t t) {
  const std::uint32_t first = program.prompts ? source_tokens : 1;
  Moment moment{.source = program.prompts ? 0 : source_tokens, .first_step = t <= 1};
  if (t == 0) return moment;
  moment.target = first + t - 1;
  moment.added = t == 1 ? first : 1;
  return moment;
}

std::uint32_t Moment::rows(const OutputShape& shape) const { return shape.rows_of(source, target); }

std::uint32_t positions(const Layer& layer, const Skipping& skipping, const Moment& moment) {
  if (layer.vectors > 0) return layer.vectors;
  const bool skips = skipping.redundant_decoding;
  if (layer.shape.rows != OutputShape::Rows::kTarget) {
    const bool again = layer.phase == workload::Phase::kDecoder && !moment.first_step;
    return again && skips ? 0 : moment.rows(layer.shape);
  }
  const bool newest_alone = skips || !skipping.project_all_positions;
  if (layer.kind == workload::OperatorKind::kLogits && newest_alone) return 1;
  return skips ? moment.added : moment.target;
}

}  // namespace sim::optimus
