#include "sim/accelerators/optimus/element_counts.h"

namespace sim::optimus {
namespace {

using workload::OperatorKind;

/// `in`: elements that passed, `out`: results.
void add(ElementCounts& n, OperatorKind kind, std::uint64_t in, std::uint64_t out) {
  switch (kind) {
    case OperatorKind::kAdd:
      n.reads += 2 * in;
      n.scales += 2 * in;
      n.sums += 2 * in;
      return;
    case OperatorKind::kMultiply:
      n.reads += 2 * in;
      n.products += in;
      n.sums += in;
      return;
    case OperatorKind::kRotary:
      n.reads += in;
      n.scales += 2 * in;
      n.sums += 2 * in;
      n.rotated += in;
      return;
    case OperatorKind::kConcat:
      n.reads += in;
      n.scales += in;
      n.sums += in;
      return;
    case OperatorKind::kGlobalAverage:
      n.reads += in;
      n.sums += in;
      n.averages += out;
      return;
    case OperatorKind::kActivation:
      n.reads += in;
      n.activations += in;
      return;
    default:  // moved as it is
      n.reads += in;
      return;
  }
}

}  // namespace

ElementCounts element_counts(const RunRecord& record, const Program& program) {
  ElementCounts n;
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    const Layer& layer = program.layers[i];
    if (layer.unit != UnitId::kElementwise) continue;
    add(n, layer.kind, record.layers[i].elements, layer.outputs * record.layers[i].tokens);
  }
  return n;
}

std::uint64_t biased_scores(const RunRecord& record, const Program& program) {
  std::uint64_t scores = 0;
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    if (program.layers[i].has_bias) scores += record.layers[i].events.results;
  }
  return scores;
}

}  // namespace sim::optimus
