#include "tests/accelerators/dnnguard/convolution_support.h"

#include <algorithm>
#include <array>

#include "sim/accelerators/dnnguard/buffer_entries.h"
#include "sim/accelerators/dnnguard/convolution_tick.h"
#include "sim/base/math.h"

namespace sim::dnnguard::test {
namespace {

using base::ceil_div;
using workload::nvdla::Convolution;

constexpr ConvolutionMachine kOddMachine = {.geometry = {.rows = 16,
                                                         .lanes = 32,
                                                         .atom_bytes = 16,
                                                         .banks = 16,
                                                         .bank_entries = 64,
                                                         .entry_bytes = 32,
                                                         .beat_bytes = 16},
                                            .sdp_elements = 4,
                                            .operand_beats = 12,
                                            .excess_beats = 3};

std::uint32_t from_to(base::Rng& rng, std::uint32_t low, std::uint32_t high) {
  return low + static_cast<std::uint32_t>(rng.below(high - low + 1));
}

std::uint32_t outputs(std::uint32_t in, std::uint32_t kernel, std::uint32_t stride) {
  return in < kernel ? 0 : (in - kernel) / stride + 1;
}

void shape(Convolution& c, const ArrayGeometry& g, base::Rng& rng) {
  c.in = {from_to(rng, 1, 20), from_to(rng, 1, 12), from_to(rng, 1, 7 * g.atom_bytes)};
  if (rng.below(5) == 0) {
    c.image.emplace().pixel_format = 12;
    c.in.channels = 4;
  }
  c.kernel_width = from_to(rng, 1, 3);
  c.kernel_height = from_to(rng, 1, 3);
  c.kernels = from_to(rng, 1, 4 * g.rows);
  c.stride_x = from_to(rng, 1, 2);
  c.stride_y = from_to(rng, 1, 2);
  c.pad_left = from_to(rng, 0, 1);
  c.out_width = outputs(c.in.width + 2 * c.pad_left, c.kernel_width, c.stride_x);
  c.out_height = outputs(c.in.height, c.kernel_height, c.stride_y);
  c.entries_per_line = line_entries(g, c);
}

/// Whether the buffer holds it; then a split of its banks.
bool place(Convolution& c, const ArrayGeometry& g, base::Rng& rng) {
  const std::uint64_t kernel = std::uint64_t{c.kernel_width} * c.kernel_height * c.in.channels;
  c.weight_bytes = ceil_div(kernel * c.kernels, 128) * 128;
  const std::uint64_t group = ceil_div(kernel * std::min(c.kernels, g.rows), 128) * 128 + 128;
  c.data_banks = static_cast<std::uint32_t>(
      ceil_div(std::uint64_t{c.entries_per_line} * c.in.height, g.bank_entries));
  c.weight_banks = static_cast<std::uint32_t>(ceil_div(group, g.bank_bytes()));
  if (c.out_width * c.out_height == 0 || c.data_banks + c.weight_banks > g.banks) return false;
  c.data_banks +=
      static_cast<std::uint32_t>(rng.below(2) * (g.banks - c.data_banks - c.weight_banks) / 2);
  c.weight_banks +=
      static_cast<std::uint32_t>(rng.below(g.banks - c.data_banks - c.weight_banks + 1) / 2);
  return true;
}

workload::nvdla::SdpStage random_stage(base::Rng& rng) {
  workload::nvdla::SdpStage stage;
  const std::uint64_t parts = rng.below(3);
  if (parts != 1) stage.alu.emplace();
  if (parts != 0) stage.mul.emplace();
  if (rng.below(4) == 0) return stage;
  stage.operands = {.place = {},
                    .of_alu = parts != 1,
                    .of_mul = parts != 0,
                    .bytes = from_to(rng, 1, 2),
                    .per_element = rng.below(3) != 0};
  return stage;
}

void random_pooling(Layer& layer, base::Rng& rng) {
  workload::nvdla::Pdp& p = layer.pdp.emplace();
  const Convolution& c = *layer.convolution;
  p.in = {c.out_width, c.out_height, c.kernels};
  p.kernel_width = p.kernel_height = from_to(rng, 1, 3);
  p.stride_x = p.stride_y = from_to(rng, 1, 2);
  p.pad_left = p.pad_top = p.pad_right = p.pad_bottom = p.kernel_width / 2;
  p.out = {outputs(p.in.width + 2 * p.pad_left, p.kernel_width, p.stride_x),
           outputs(p.in.height + 2 * p.pad_left, p.kernel_height, p.stride_y), c.kernels};
}

}  // namespace

std::vector<ConvolutionMachine> machines() {
  return {kNvSmallConvolution, kNvSmall256Convolution, kNvLargeConvolution, kOddMachine};
}

std::uint32_t line_entries(const ArrayGeometry& g, const Convolution& c) {
  if (c.image) return entries_per_image_line(g, c.in.width + 2 * c.pad_left, 4);
  return entries_per_line(g, c.precision, c.in.width, c.in.channels);
}

Layer random_layer(const ConvolutionMachine& machine, base::Rng& rng) {
  for (;;) {
    Layer layer;
    Convolution& c = layer.convolution.emplace();
    shape(c, machine.geometry, rng);
    if (!place(c, machine.geometry, rng)) continue;
    workload::nvdla::Sdp& sdp = layer.sdp.emplace();
    if (rng.below(4) == 0) sdp.bs = random_stage(rng);
    if (rng.below(8) == 0) sdp.bn = random_stage(rng);
    if (rng.below(6) == 0) random_pooling(layer, rng);
    return layer;
  }
}

std::vector<ConvolutionStep> random_layers(const ConvolutionMachine& machine, base::Rng& rng) {
  std::vector<Layer> layers = {random_layer(machine, rng)};
  while (layers.size() < 3 && rng.below(2) == 0) {
    Layer& before = layers.back();
    const std::uint64_t kind = rng.below(4);
    if (kind > 2) {
      layers.push_back(random_layer(machine, rng));
      continue;
    }
    Layer next = before;
    // Data stays with its layer; weights too, if their banks hold all of them.
    const Convolution& c = *before.convolution;
    next.convolution->reuse_data = kind == 1;
    next.convolution->reuse_weights =
        kind == 2 && c.weight_bytes <= c.weight_banks * machine.geometry.bank_bytes();
    before.convolution->keep_data = next.convolution->reuse_data;
    before.convolution->keep_weights = next.convolution->reuse_weights;
    layers.push_back(next);
  }
  std::vector<ConvolutionStep> steps;
  for (const Layer& layer : layers)
    steps.push_back({convolution_work(machine, layer),
                     static_cast<Cycle>(steps.size() * rng.below(2) * rng.below(5000))});
  return steps;
}

ReadMemory random_memory(base::Rng& rng) {
  constexpr std::array<std::uint32_t, 7> kLatencies = {1, 5, 32, 100, 300, 700, 1200};
  return {.bytes_per_cycle = from_to(rng, 4, 64),
          .latency = kLatencies[rng.below(kLatencies.size())],
          .accept_interval = from_to(rng, 1, 4)};
}

std::vector<ConvolutionCounts> ticked(const ConvolutionMachine& machine, const ReadMemory& memory,
                                      const std::vector<ConvolutionStep>& layers) {
  ConvolutionTick engine(machine, memory, layers);
  while (!engine.done()) engine.tick();
  return engine.counts();
}

}  // namespace sim::dnnguard::test
