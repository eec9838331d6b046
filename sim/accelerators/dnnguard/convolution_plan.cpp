#include "sim/accelerators/dnnguard/convolution_plan.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "sim/accelerators/dnnguard/buffer_entries.h"
#include "sim/base/check.h"
#include "sim/base/math.h"

namespace sim::dnnguard {

namespace {

namespace nvdla = workload::nvdla;

/// [begin, end)
struct Range {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  std::uint32_t size() const { return end - begin; }
};

/// How a convolution is cut; strips in order, kernels of a chunk.
struct Cut {
  std::uint32_t data_banks = 0;
  std::uint32_t weight_banks = 0;
  std::vector<Range> strips;  // of output lines
  std::uint32_t chunk = 0;    // kernels; all of them: input kept
  bool keeps_weights = false;
};

class Planner {
 public:
  Planner(const ArrayGeometry& array, const nvdla::Layer& whole)
      : array_(array), whole_(whole), c_(*whole.convolution) {}

  std::optional<Cut> best() const;
  ConvolutionPlan laid_out(const Cut& cut) const;

 private:
  std::uint64_t bytes_per_kernel() const {
    return std::uint64_t{c_.kernel_width} * c_.kernel_height * c_.in.channels *
           nvdla::bytes_of(c_.precision);
  }
  std::uint32_t banks_of_weights(std::uint64_t kernels) const {
    return static_cast<std::uint32_t>(
        base::ceil_div(weight_bytes(kernels, bytes_per_kernel()), array_.bank_bytes()));
  }
  std::uint64_t line_bytes() const;
  /// Input lines that output lines read, at least one.
  Range lines_of(const Range& strip) const;
  std::vector<Range> strips(std::uint32_t data_banks) const;
  std::vector<Cut> cuts(std::uint32_t data_banks) const;
  std::uint64_t data_bytes(const Cut& cut) const;
  std::uint64_t weights_read(const Cut& cut) const;
  /// Of two cuts the better one is less: bytes; a bubble a kernel group; layers.
  std::tuple<std::uint64_t, bool, std::uint64_t> cost(const Cut& cut) const;
  nvdla::Layer layer(const Cut& cut, const Range& strip, const Range& kernels) const;
  void move_sdp(nvdla::Sdp& sdp, const Range& strip, const Range& kernels) const;

  const ArrayGeometry& array_;
  const nvdla::Layer& whole_;
  const nvdla::Convolution& c_;
};

std::uint32_t pixel_bytes(const nvdla::Convolution& c) {
  return c.in.channels * nvdla::bytes_of(c.precision);
}

std::uint64_t Planner::line_bytes() const {
  if (c_.image) {
    const std::uint64_t bytes = std::uint64_t{c_.in.width} * pixel_bytes(c_);
    return base::ceil_div(bytes, array_.atom_bytes) * array_.atom_bytes;
  }
  const std::uint32_t atoms = static_cast<std::uint32_t>(
      base::ceil_div(c_.in.channels, atom_channels(array_, c_.precision)));
  return std::uint64_t{c_.in.width} * atoms * array_.atom_bytes;
}

Range Planner::lines_of(const Range& strip) const {
  const auto signed_line = [this](std::int64_t output, std::int64_t row) {
    return output * c_.stride_y - c_.pad_top + row * c_.dilation_y;
  };
  const std::int64_t last_line = std::int64_t{c_.in.height} - 1;
  const std::int64_t first = std::clamp<std::int64_t>(signed_line(strip.begin, 0), 0, last_line);
  const std::int64_t last = std::clamp<std::int64_t>(
      signed_line(std::int64_t{strip.end} - 1, std::int64_t{c_.kernel_height} - 1), first,
      last_line);
  return {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last + 1)};
}

/// As many output lines each as fit, none where not even one does. A strip does not begin below
/// the input's last line, from where padding cannot be stated.
std::vector<Range> Planner::strips(std::uint32_t data_banks) const {
  const std::uint64_t lines = std::uint64_t{data_banks} * array_.bank_entries / c_.entries_per_line;
  std::vector<Range> found;
  for (std::uint32_t begin = 0; begin < c_.out_height;) {
    std::uint32_t end = begin;
    const auto fits = [&](std::uint32_t e) { return lines_of({begin, e}).size() <= lines; };
    while (end < c_.out_height && fits(end + 1)) ++end;
    if (end == begin) return {};
    const bool below = std::int64_t{end} * c_.stride_y - c_.pad_top >= c_.in.height;
    if (end < c_.out_height && below) return {};
    found.push_back({begin, end});
    begin = end;
  }
  return found;
}

/// Both orders with so many banks of data and the rest for weights.
std::vector<Cut> Planner::cuts(std::uint32_t data_banks) const {
  Cut cut{data_banks, array_.banks - data_banks, strips(data_banks), c_.kernels, false};
  if (cut.strips.empty() ||
      banks_of_weights(std::min(array_.rows, c_.kernels)) > cut.weight_banks) {
    return {};
  }
  std::vector<Cut> found{cut};
  if (cut.strips.size() == 1) return found;
  // A chunk begins with a kernel group and with an atom of the output.
  const std::uint32_t step = std::lcm(array_.rows, atom_channels(array_, c_.precision));
  cut.keeps_weights = true;
  while (cut.chunk > 0 && banks_of_weights(cut.chunk) > cut.weight_banks) {
    cut.chunk = (cut.chunk - 1) / step * step;
  }
  if (cut.chunk > 0) found.push_back(cut);
  return found;
}

std::uint64_t Planner::data_bytes(const Cut& cut) const {
  std::uint64_t lines = 0;
  for (const Range& strip : cut.strips) lines += lines_of(strip).size();
  return lines * line_bytes() * base::ceil_div(c_.kernels, cut.chunk);
}

std::uint64_t Planner::weights_read(const Cut& cut) const {
  std::uint64_t once = 0;
  for (std::uint32_t k = 0; k < c_.kernels; k += cut.chunk) {
    once += weight_bytes(std::min(cut.chunk, c_.kernels - k), bytes_per_kernel());
  }
  return cut.keeps_weights ? once : once * cut.strips.size();
}

std::tuple<std::uint64_t, bool, std::uint64_t> Planner::cost(const Cut& cut) const {
  const std::uint32_t two_groups = std::min(2 * array_.rows, c_.kernels);
  const bool bubbles = banks_of_weights(two_groups) > cut.weight_banks;
  const std::uint64_t layers = cut.strips.size() * base::ceil_div(c_.kernels, cut.chunk);
  return {data_bytes(cut) + weights_read(cut), bubbles, layers};
}

std::optional<Cut> Planner::best() const {
  std::optional<Cut> best;
  for (std::uint32_t banks = 1; banks < array_.banks; ++banks) {
    for (const Cut& cut : cuts(banks)) {
      if (!best || cost(cut) < cost(*best)) best = cut;
    }
  }
  return best;
}

void move(nvdla::CubePlace& place, std::uint32_t lines, std::uint32_t surfaces) {
  place.base +=
      std::uint64_t{lines} * place.line_stride + std::uint64_t{surfaces} * place.surface_stride;
}

void Planner::move_sdp(nvdla::Sdp& sdp, const Range& strip, const Range& kernels) const {
  const std::uint32_t surface = kernels.begin / atom_channels(array_, c_.precision);
  sdp.cube.height = strip.size();
  sdp.cube.channels = kernels.size();
  move(*sdp.destination, strip.begin, surface);
  for (auto* stage : {&sdp.bs, &sdp.bn, &sdp.ew}) {
    if (!*stage || !(*stage)->operands) continue;
    nvdla::OperandStream& operands = *(*stage)->operands;
    if (operands.per_element) {
      move(operands.place, strip.begin, surface);
    } else {
      const std::uint32_t items = operands.of_alu && operands.of_mul ? 2 : 1;
      operands.place.base += std::uint64_t{kernels.begin} * operands.bytes * items;
    }
  }
}

nvdla::Layer Planner::layer(const Cut& cut, const Range& strip, const Range& kernels) const {
  nvdla::Layer made = whole_;
  nvdla::Convolution& c = *made.convolution;
  const Range lines = lines_of(strip);
  const std::int64_t top = std::int64_t{strip.begin} * c_.stride_y - c_.pad_top;
  c.in.height = lines.size();
  c.source.base += std::uint64_t{lines.begin} * c.source.line_stride;
  if (c.image) c.image->base_1 += std::uint64_t{lines.begin} * c.image->line_stride_1;
  c.pad_top = static_cast<std::uint32_t>(std::int64_t{lines.begin} - top);
  c.out_height = strip.size();
  c.kernels = kernels.size();
  c.weight_base += kernels.begin * bytes_per_kernel();
  c.weight_bytes = weight_bytes(kernels.size(), bytes_per_kernel());
  c.data_banks = cut.data_banks;
  c.weight_banks = cut.weight_banks;
  c.keep_weights = cut.keeps_weights && strip.end < c_.out_height;
  c.reuse_weights = cut.keeps_weights && strip.begin > 0;
  move_sdp(*made.sdp, strip, kernels);
  return made;
}

ConvolutionPlan Planner::laid_out(const Cut& cut) const {
  ConvolutionPlan plan{{}, data_bytes(cut), weights_read(cut)};
  for (std::uint32_t k = 0; k < c_.kernels; k += cut.chunk) {
    const Range kernels{k, std::min(c_.kernels, k + cut.chunk)};
    for (const Range& strip : cut.strips) plan.layers.push_back(layer(cut, strip, kernels));
  }
  return plan;
}

/// With the entries that a line of its input takes.
nvdla::Layer with_entries(const ArrayGeometry& array, nvdla::Layer layer) {
  nvdla::Convolution& c = *layer.convolution;
  c.entries_per_line =
      c.image ? entries_per_image_line(array, c.pad_left + c.in.width + c.image->pad_right,
                                       pixel_bytes(c))
              : entries_per_line(array, c.precision, c.in.width, c.in.channels);
  return layer;
}

}  // namespace

std::optional<ConvolutionPlan> plan_convolution(const ArrayGeometry& array,
                                                const nvdla::Layer& whole) {
  SIM_CHECK(whole.convolution && whole.sdp && whole.sdp->destination, "no convolution to memory");
  const nvdla::Layer counted = with_entries(array, whole);
  const Planner planner(array, counted);
  const auto cut = planner.best();
  if (!cut) return std::nullopt;
  return planner.laid_out(*cut);
}

bool has_plan(const ArrayGeometry& array, const nvdla::Convolution& shape) {
  const nvdla::Layer counted = with_entries(array, {.convolution = shape});
  return Planner(array, counted).best().has_value();
}

}  // namespace sim::dnnguard
