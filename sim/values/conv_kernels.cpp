#include "sim/values/conv_kernels.h"

#include <algorithm>
#include <vector>

#include "sim/base/vector_clones.h"
#include "sim/reference/arithmetic.h"
#include "sim/values/dot_products.h"
#include "sim/values/kernels.h"

namespace sim::values {
namespace {

using reference::clamp8;
using reference::rshift;
using workload::Conv2d;
using workload::Taps;
using workload::WindowSides;

/// Outputs of a group below which the tiles of dot_products would be mostly empty.
constexpr std::uint32_t kFewOutputs = 4;

/// What all steps of one convolution need.
struct Plan {
  const Conv2d& op;
  WindowSides sides;
  MapSize in;
  MapSize out;
  std::uint32_t channels;  // of a group
  std::uint32_t outputs;   // of a group
};

/// y[p] = limited rshift((acc[p] + bias) * multiplier, shift).
SIM_VECTOR_CLONES void finish_channel(const std::int32_t* acc, std::int32_t bias,
                                      std::int32_t multiplier, std::uint32_t n, Rescale how,
                                      std::int8_t* y) {
  for (std::uint32_t p = 0; p < n; ++p) {
    const std::int64_t product = std::int64_t{acc[p] + bias} * multiplier;
    y[p] = std::max(how.low, clamp8(rshift(product, how.shift)));
  }
}

void finish(const Plan& plan, std::uint32_t o, const std::int32_t* acc, std::uint32_t n,
            std::int8_t* y) {
  const workload::Weights& weights = plan.op.weights;
  finish_channel(acc, weights.bias[o], weights.multipliers[o], n,
                 {weights.shift, static_cast<std::int8_t>(weights.relu ? 0 : -128)}, y);
}

// --- Few outputs of each channel (depthwise): rows of windows, one tap after the other. ---

/// acc[p] += weight * x[p * stride].
SIM_VECTOR_CLONES void add_products(const std::int8_t* x, std::size_t stride, std::int32_t weight,
                                    std::uint32_t n, std::int32_t* acc) {
  if (stride == 1) {
    for (std::uint32_t p = 0; p < n; ++p) acc[p] += weight * x[p];
  } else {
    for (std::uint32_t p = 0; p < n; ++p) acc[p] += weight * x[p * stride];
  }
}

void convolve_directly(const Plan& plan, std::uint32_t o, const std::int8_t* x, std::int8_t* y) {
  const Conv2d& op = plan.op;
  const std::size_t first_channel = std::size_t{o / plan.outputs} * plan.channels;
  const std::int8_t* weight = op.weights.weight.data() + std::size_t{o} * op.weights.inputs;
  std::vector<std::int32_t> acc(plan.out.columns);
  for (std::uint32_t i = 0; i < plan.out.rows; ++i) {
    std::fill(acc.begin(), acc.end(), 0);
    for (std::uint32_t c = 0; c < plan.channels; ++c) {
      const std::int8_t* taps = weight + std::size_t{c} * op.kernel[0] * op.kernel[1];
      each_run(plan.sides, i, plan.out.columns, x + (first_channel + c) * plan.in.pixels(),
               [&](auto r, auto s, auto first, auto count, const std::int8_t* run) {
                 add_products(run, op.stride[1], taps[r * op.kernel[1] + s], count,
                              acc.data() + first);
               });
    }
    finish(plan, o, acc.data(), plan.out.columns,
           y + o * plan.out.pixels() + std::size_t{i} * plan.out.columns);
  }
}

// --- All others: each window becomes a row, and each output is a row, too. ---

/// The group's channels of x, [channels, pixels], as [pixels, channels] in 16 bits, so that a tap
/// reads neighbours. Eight pixels at a time: as many rows of the result stay in the cache.
std::vector<std::int16_t> pixel_by_pixel(const Plan& plan, const std::int8_t* x) {
  const std::size_t pixels = plan.in.pixels();
  std::vector<std::int16_t> wide(pixels * plan.channels);
  for (std::size_t first = 0; first < pixels; first += 8) {
    const std::size_t last = std::min(first + 8, pixels);
    for (std::size_t c = 0; c < plan.channels; ++c) {
      for (std::size_t p = first; p < last; ++p) wide[p * plan.channels + c] = x[c * pixels + p];
    }
  }
  return wide;
}

/// The weights of the group, tap by tap, the channels of each beside each other.
WideRows tap_by_tap(const Plan& plan, std::uint32_t group) {
  const workload::Weights& weights = plan.op.weights;
  const std::uint32_t taps = plan.op.kernel[0] * plan.op.kernel[1];
  WideRows rows(plan.outputs, weights.inputs);
  for (std::uint32_t o = 0; o < plan.outputs; ++o) {
    const std::size_t output = std::size_t{group} * plan.outputs + o;
    const std::int8_t* weight = weights.weight.data() + output * weights.inputs;
    std::int16_t* row = rows.row(o);
    for (std::uint32_t c = 0; c < plan.channels; ++c) {
      for (std::uint32_t tap = 0; tap < taps; ++tap) {
        row[std::size_t{tap} * plan.channels + c] = *weight++;
      }
    }
  }
  return rows;
}

/// One row of the kernel over one row of the map: the taps that lie on it, 0 where others are.
void copy_taps(const Plan& plan, const std::int16_t* map_row, std::uint32_t j, std::int16_t* out) {
  const workload::WindowSide& side = plan.sides[1];
  const Taps taps = workload::taps_inside(side, j);
  const std::size_t channels = plan.channels;
  std::fill_n(out, taps.first * channels, std::int16_t{0});
  if (taps.first < taps.last) {
    const std::int16_t* from =
        map_row +
        static_cast<std::size_t>(workload::window_element(side, j, taps.first)) * channels;
    const std::size_t together = side.dilation == 1 ? taps.last - taps.first : 1;
    for (std::size_t tap = taps.first; tap < taps.last; tap += together) {
      std::copy_n(from, together * channels, out + tap * channels);
      from += side.dilation * channels;
    }
  }
  std::fill_n(out + taps.last * channels, (side.kernel - taps.last) * channels, std::int16_t{0});
}

/// The window of pixel `pixel` of the result.
void copy_window(const Plan& plan, const std::vector<std::int16_t>& map, std::size_t pixel,
                 std::int16_t* out) {
  const auto i = static_cast<std::uint32_t>(pixel / plan.out.columns);
  const auto j = static_cast<std::uint32_t>(pixel % plan.out.columns);
  const std::size_t row_size = std::size_t{plan.op.kernel[1]} * plan.channels;
  const Taps rows = workload::taps_inside(plan.sides[0], i);
  for (std::uint32_t r = 0; r < plan.op.kernel[0]; ++r, out += row_size) {
    if (r < rows.first || r >= rows.last) {
      std::fill_n(out, row_size, std::int16_t{0});
      continue;
    }
    const auto row = static_cast<std::size_t>(workload::window_element(plan.sides[0], i, r));
    copy_taps(plan, map.data() + row * plan.in.columns * plan.channels, j, out);
  }
}

void convolve_group(const Plan& plan, std::uint32_t group, const std::int8_t* x, std::int8_t* y) {
  const std::uint32_t inputs = plan.op.weights.inputs;
  const std::size_t pixels = plan.out.pixels();
  const auto map = pixel_by_pixel(plan, x + std::size_t{group} * plan.channels * plan.in.pixels());
  const WideRows weights = tap_by_tap(plan, group);
  const auto pixel_block =
      static_cast<std::uint32_t>(std::min<std::size_t>(pixels, rows_in_cache(inputs)));
  const std::uint32_t output_block = std::min(plan.outputs, 64U);
  WideRows windows(pixel_block, inputs);
  const std::size_t stride = whole_tiles(pixel_block);
  std::vector<std::int32_t> acc(whole_tiles(output_block) * stride);
  for (std::size_t p = 0; p < pixels; p += pixel_block) {
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(pixel_block, pixels - p));
    for (std::uint32_t w = 0; w < count; ++w) copy_window(plan, map, p + w, windows.row(w));
    for (std::uint32_t o = 0; o < plan.outputs; o += output_block) {
      const std::uint32_t outputs = std::min(output_block, plan.outputs - o);
      dot_products(weights, {o, outputs}, windows, {0, count}, whole_vectors({0, inputs}),
                   acc.data(), stride);
      for (std::uint32_t k = 0; k < outputs; ++k) {
        const std::uint32_t output = group * plan.outputs + o + k;
        finish(plan, output, acc.data() + k * stride, count, y + output * pixels + p);
      }
    }
  }
}

}  // namespace

void conv2d(const Conv2d& op, MapSize size, const std::int8_t* x, std::int8_t* y) {
  const WindowSides sides = workload::window_sides(op, size.rows, size.columns);
  const Plan plan{.op = op,
                  .sides = sides,
                  .in = size,
                  .out = windowed_size(sides, op.weights.outputs),
                  .channels = size.channels / op.groups,
                  .outputs = op.weights.outputs / op.groups};
  if (plan.outputs < kFewOutputs) {
    for (std::uint32_t o = 0; o < op.weights.outputs; ++o) convolve_directly(plan, o, x, y);
  } else {
    for (std::uint32_t group = 0; group < op.groups; ++group) convolve_group(plan, group, x, y);
  }
}

}  // namespace sim::values
