#include "sim/accelerators/dnnguard/convolution_work.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/accelerators/dnnguard/convolution_outputs.h"
#include "sim/base/error.h"
#include "sim/base/math.h"

namespace sim::dnnguard {
namespace {

using base::ceil_div;
using workload::nvdla::bytes_of;
using workload::nvdla::Convolution;

void refuse_unless(bool right, const std::string& message) {
  if (!right) throw base::WorkloadError("convolution: " + message);
}

bool has_sizes(const Convolution& c) {
  const auto all = {c.in.width,     c.in.height,     c.in.channels,
                    c.kernel_width, c.kernel_height, c.kernels,
                    c.out_width,    c.out_height,    c.image ? c.image->rows_merged : 1};
  return std::ranges::all_of(all, [](std::uint32_t size) { return size > 0; });
}

/// Bytes of a pixel in planes 0 and 1 (D_DATAIN_FORMAT.PIXEL_FORMAT).
std::array<std::uint32_t, 2> pixel_bytes(std::uint32_t format) {
  refuse_unless(format <= 35, fmt::format("PIXEL_FORMAT is {}, not 0 to 35", format));
  if (format == 0) return {1, 0};
  if (format <= 5) return {2, 0};
  if (format <= 11) return {8, 0};
  if (format <= 27) return {4, 0};
  return format <= 29 ? std::array{1u, 2u} : std::array{2u, 4u};
}

std::uint64_t channel_bytes(const Convolution& c) {
  return std::uint64_t{c.in.channels} * bytes_of(c.precision);
}

std::uint64_t pixel_beats(const ArrayGeometry& g, const Convolution& c) {
  std::uint64_t line = 0;
  for (const std::uint32_t bytes : pixel_bytes(c.image->pixel_format))
    line += ceil_div(std::uint64_t{c.in.width + c.image->x_offset} * bytes, g.beat_bytes);
  return line * c.in.height;
}

/// Surfaces by fours; three or four of them by eight pixels, one or two by lines.
std::vector<DataBlock> line_blocks(const ArrayGeometry& g, const Convolution& c) {
  std::vector<DataBlock> blocks;
  const std::uint64_t atom_beats = ceil_div(g.atom_bytes, g.beat_bytes);
  for (std::uint64_t left = ceil_div(channel_bytes(c), g.atom_bytes); left > 0;) {
    const std::uint64_t surfaces = std::min<std::uint64_t>(left, times::kBlockSurfaces);
    left -= surfaces;
    const std::uint32_t step = surfaces <= 2 ? c.in.width : times::kBlockPixels;
    for (std::uint32_t x = 0; x < c.in.width; x += step) {
      const std::uint64_t pixels = std::min(step, c.in.width - x);
      const Cycle cycles =
          static_cast<Cycle>(surfaces <= 2 ? surfaces * pixels + 1 : 6 * pixels - 2);
      blocks.push_back({surfaces * pixels * atom_beats, cycles});
    }
  }
  return blocks;
}

void add_data(ConvolutionWork& w, const ArrayGeometry& g, const Convolution& c) {
  w.pixels = c.image.has_value();
  w.data_lead = times::kCubeLead;
  if (w.pixels) w.data_lead = times::kPixelLead + (c.pad_left > 0 ? times::kPaddingLead : 0);
  w.keep_data = c.keep_data;
  w.data_banks = c.data_banks;
  w.data_entries = std::uint64_t{c.entries_per_line} * c.in.height;
  w.data_capacity = std::uint64_t{c.data_banks} * g.bank_entries;
  refuse_unless(w.data_entries <= w.data_capacity,
                fmt::format("the input takes {} entries of the buffer, its {} banks hold {}",
                            w.data_entries, c.data_banks, w.data_capacity));
  if (c.reuse_data) return;
  if (!w.pixels) {
    w.blocks = line_blocks(g, c);
    w.slow_end = (ceil_div(channel_bytes(c), g.atom_bytes) - 1) % times::kBlockSurfaces >= 2;
  }
  std::uint64_t line = 0;
  for (const DataBlock& block : w.blocks) line += block.beats;
  w.data_beats = w.pixels ? pixel_beats(g, c) : line * c.in.height;
}

void add_weights(ConvolutionWork& w, const ConvolutionMachine& m, const Convolution& c) {
  const ArrayGeometry& g = m.geometry;
  const std::uint64_t kernel = std::uint64_t{c.kernel_width} * c.kernel_height * channel_bytes(c);
  w.weight_beats = ceil_div(c.weight_bytes, g.beat_bytes);
  w.reuse_weights = c.reuse_weights;
  w.keep_weights = c.keep_weights;
  w.weight_banks = c.weight_banks;
  for (std::uint32_t first = 0; first < c.kernels; first += g.rows) {
    const std::uint32_t kernels = std::min(g.rows, c.kernels - first);
    w.group_load.push_back(std::max<Cycle>(kernels, times::kLeastKernels));
    w.group_end.push_back(ceil_div(kernel * (first + kernels), g.beat_bytes));
  }
  refuse_unless(
      w.group_end.back() <= w.weight_beats,
      fmt::format("{} bytes of weights, the kernels have {}", c.weight_bytes, kernel * c.kernels));
  w.group_end.back() = w.weight_beats;  // with what rounds them up
  const std::uint64_t held = c.weight_banks * g.bank_bytes() / g.beat_bytes;
  for (std::size_t i = 0; i < w.group_end.size(); ++i) {
    refuse_unless(w.group_beats(i) <= held,
                  fmt::format("the weights of {} kernels take {} beats, their {} banks hold {}",
                              std::min(g.rows, c.kernels), w.group_beats(i), c.weight_banks, held));
  }
  w.weight_capacity = held + m.excess_beats;
}

/// Lengths of stripes: twice `rows` while as many again are left, then all of the rest or `rows`.
/// Those of pixels end with a line, and the delivery buffer stands for twice `rows`.
void add_stripes(ConvolutionWork& w, const ConvolutionMachine& m, const Convolution& c) {
  const std::uint32_t most = w.pixels ? m.delivery_depth() : 2 * m.geometry.rows;
  const std::uint32_t lines = w.pixels ? c.out_height : 1;
  w.group_outputs = std::uint64_t{c.out_width} * c.out_height;
  for (std::uint32_t line = 0; line < lines; ++line) {
    for (std::uint32_t left = c.out_width * c.out_height / lines; left > 0;
         left -= w.stripes.back())
      w.stripes.push_back(left >= 2 * most ? most : left <= most ? left : most / 2);
  }
}

void add_steps(ConvolutionWork& w, const ArrayGeometry& g, const Convolution& c) {
  const std::uint64_t line = w.pixels ? c.kernel_width * channel_bytes(c) : channel_bytes(c);
  const std::uint64_t positions = w.pixels ? ceil_div(c.kernel_height, c.image->rows_merged)
                                           : std::uint64_t{c.kernel_width} * c.kernel_height;
  w.steps = positions * ceil_div(line, g.lanes);
}

}  // namespace

ConvolutionWork convolution_work(const ConvolutionMachine& machine,
                                 const workload::nvdla::Layer& layer) {
  refuse_unless(layer.convolution.has_value(), "the layer has none");
  const Convolution& c = *layer.convolution;
  const ArrayGeometry& g = machine.geometry;
  refuse_unless(has_sizes(c), "a size of its input, kernel or output is 0");
  refuse_unless(c.data_banks + c.weight_banks <= g.banks,
                fmt::format("{} banks of data and {} of weights, the buffer has {}", c.data_banks,
                            c.weight_banks, g.banks));
  ConvolutionWork w;
  add_data(w, g, c);
  add_weights(w, machine, c);
  add_stripes(w, machine, c);
  add_steps(w, g, c);
  add_outputs(w, machine, layer);
  return w;
}

}  // namespace sim::dnnguard
