#include "sim/accelerators/dnnguard/conservation.h"

#include <string>

#include "sim/base/check.h"
#include "sim/base/math.h"

namespace sim::dnnguard {

namespace {

namespace nvdla = workload::nvdla;

void check_layer_cycles(const std::string& job, const LayerRecord& layer) {
  std::uint64_t sum = 0;
  for (const auto& field : layer_cycle_fields()) sum += layer.cycles.*field.member;
  SIM_CHECK(sum == layer.end - layer.begin, "{}: causes of {} cycles in {}", job, sum,
            layer.end - layer.begin);
}

/// Beats of a cube that is read or written once.
std::uint64_t cube_beats(const nvdla::Cube& cube, nvdla::Precision precision,
                         const ArrayGeometry& a) {
  const std::uint64_t channels = a.atom_bytes / bytes_of(precision);
  const std::uint64_t atoms =
      std::uint64_t{cube.width} * cube.height * base::ceil_div(cube.channels, channels);
  return atoms * (a.atom_bytes / a.beat_bytes);
}

void check_convolution(const std::string& job, const nvdla::Layer& layer, const LayerRecord& r,
                       const LayerCounts& counts, const Config& config) {
  const nvdla::Convolution& c = *layer.convolution;
  SIM_CHECK(r.cycles.busy == counts.atomic_operations, "{}: busy in {} cycles of {} operations",
            job, r.cycles.busy, counts.atomic_operations);
  const std::uint64_t weights =
      c.reuse_weights ? 0 : base::ceil_div(c.weight_bytes, config.array.beat_bytes);
  SIM_CHECK(r.beats.weights == weights, "{}: {} beats of weights, {} expected", job,
            r.beats.weights, weights);
  if (c.image || c.reuse_data) return;
  const std::uint64_t inputs = cube_beats(c.in, c.precision, config.array);
  SIM_CHECK(r.beats.inputs == inputs, "{}: {} beats of input, {} expected", job, r.beats.inputs,
            inputs);
}

void check_outputs(const std::string& job, const nvdla::Layer& layer, const LayerRecord& r,
                   const ArrayGeometry& a) {
  const std::uint64_t outputs = layer.pdp ? cube_beats(layer.pdp->out, layer.pdp->precision, a)
                                : layer.cdp
                                    ? cube_beats(layer.cdp->cube, layer.cdp->precision, a)
                                    : cube_beats(layer.sdp->cube, layer.sdp->out_precision, a);
  SIM_CHECK(r.beats.outputs == outputs, "{}: {} beats written, {} expected", job, r.beats.outputs,
            outputs);
}

}  // namespace

void check_conservation(const Program& program, const RunRecord& record,
                        const std::vector<LayerCounts>& counts, const Config& config) {
  core::check_cycles(unit_records(record), record.cycles);
  std::size_t next = 0;
  while (next < record.layers.size()) {
    auto layer_counts = counts.begin();
    for (const Job& job : program.jobs) {
      for (const nvdla::Layer& layer : job.layers) {
        const LayerRecord& r = record.layers.at(next++);
        const LayerCounts& c = *layer_counts++;
        check_layer_cycles(job.name, r);
        if (layer.convolution) check_convolution(job.name, layer, r, c, config);
        check_outputs(job.name, layer, r, config.array);
      }
    }
  }
}

}  // namespace sim::dnnguard
