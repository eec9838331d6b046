#include "sim/accelerators/dnnguard/convolution_outputs.h"

#include <algorithm>

#include "sim/base/math.h"

namespace sim::dnnguard {
namespace {

using base::ceil_div;
using workload::nvdla::SdpStage;

/// A stage takes two cycles, two for an adder, one for a multiplier and two for operands from
/// memory.
Cycle stage_delay(const SdpStage& stage) {
  return 2 + (stage.alu ? 2 : 0) + (stage.mul ? 1 : 0) + (stage.operands ? 2 : 0);
}

OperandWork operand_work(const ConvolutionMachine& m, const ConvolutionWork& w,
                         const workload::nvdla::OperandStream& stream) {
  const ArrayGeometry& g = m.geometry;
  OperandWork o;
  const bool both = stream.of_alu && stream.of_mul;
  o.beat_bytes = g.beat_bytes;
  o.bytes_of_step = std::uint64_t{g.rows} * stream.bytes * (both ? 2 : 1);
  o.step_outputs = stream.per_element ? 1 : w.group_outputs;
  o.beats = o.needed(w.outputs() - 1);
  // Behind the beats in flight two stages of four beats, one more for two bytes and for two parts.
  o.capacity = m.operand_beats + 8 + (stream.bytes == 2 ? 4 : 0) + (both ? 4 : 0);
  return o;
}

void add_sdp(ConvolutionWork& w, const ConvolutionMachine& m, const workload::nvdla::Sdp& sdp) {
  const std::array stages = {&sdp.bs, &sdp.bn, &sdp.ew};
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (!*stages[i]) continue;
    w.delay += stage_delay(**stages[i]);
    if ((*stages[i])->operands) w.operands[i] = operand_work(m, w, *(*stages[i])->operands);
  }
}

/// The output that completes the pooled one at (x, y), if any of the padding does not.
std::uint64_t completing(const workload::nvdla::Pdp& p, std::uint32_t x, std::uint32_t y) {
  const auto last = [](std::uint32_t at, std::uint32_t stride, std::uint32_t kernel,
                       std::uint32_t pad, std::uint32_t size) {
    const std::uint32_t end = at * stride + kernel;
    return std::min(end > pad ? end - pad : 1, size) - 1;
  };
  return std::uint64_t{last(y, p.stride_y, p.kernel_height, p.pad_top, p.in.height)} * p.in.width +
         last(x, p.stride_x, p.kernel_width, p.pad_left, p.in.width);
}

/// PDP on the fly: writes wait for whole windows. A line of the input completes one line of
/// outputs; further ones, of windows that reach into the padding below, follow at the pace of PDP.
void add_pooling(ConvolutionWork& w, const ConvolutionMachine& m, const workload::nvdla::Pdp& p) {
  w.pool_interval = m.geometry.rows / m.pdp_elements;
  w.first_written = completing(p, 0, 0);
  w.last_written = w.outputs() - w.group_outputs + completing(p, p.out.width - 1, p.out.height - 1);
  Cycle further = -1;  // lines of outputs that the last line of the input completes, but for one
  for (std::uint32_t y = 0; y < p.out.height; ++y)
    further += y * p.stride_y + p.kernel_height >= p.in.height + p.pad_top;
  w.delay += m.pdp_delay;
  w.last_delay = w.delay + std::max<Cycle>(further, 0) * (p.out.width + 1) * w.pool_interval;
}

std::uint64_t written_pixels(const ConvolutionWork& w, const workload::nvdla::Layer& layer) {
  return layer.pdp ? std::uint64_t{layer.pdp->out.width} * layer.pdp->out.height : w.group_outputs;
}

}  // namespace

std::uint64_t OperandWork::needed(std::uint64_t output) const {
  const std::uint64_t steps = step_outputs == 1 ? output : output / step_outputs;
  return ceil_div((steps + 1) * bytes_of_step, beat_bytes);
}

std::uint64_t OperandWork::finished(std::uint64_t outputs) const {
  return outputs / step_outputs * bytes_of_step / beat_bytes;
}

Cycle OperandWork::assembly() const {
  return step_outputs == 1 ? static_cast<Cycle>(ceil_div(bytes_of_step, beat_bytes)) : 0;
}

void add_outputs(ConvolutionWork& w, const ConvolutionMachine& m,
                 const workload::nvdla::Layer& layer) {
  const ArrayGeometry& g = m.geometry;
  w.last_written = w.outputs() - 1;
  if (layer.sdp) add_sdp(w, m, *layer.sdp);
  w.last_delay = w.delay;
  if (layer.pdp) add_pooling(w, m, *layer.pdp);
  const std::uint32_t out_bytes =
      layer.sdp ? workload::nvdla::bytes_of(layer.sdp->out_precision) : 1;
  const std::uint64_t surfaces =
      ceil_div(std::uint64_t{layer.convolution->kernels} * out_bytes, g.atom_bytes);
  w.writes = written_pixels(w, layer) * ceil_div(surfaces * g.atom_bytes, g.beat_bytes);
}

}  // namespace sim::dnnguard
