#include "sim/accelerators/dnnguard/pdp_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "sim/base/error.h"

namespace sim::dnnguard {

namespace {

using workload::nvdla::Pdp;

constexpr std::uint32_t kReturn = 15;  // a beat's way besides the memory's latency
constexpr std::uint32_t kPipe = 17;    // from the end of an atom to its output
// Pooling on the fly: first output, and each that PDP does not slow down, after the cycle in which
// SDP would have written the atom. With 1 and with 8 elements a cycle.
constexpr std::int64_t kAfterSdpNarrow = 14;
constexpr std::int64_t kAfterSdpWide = 17;

std::vector<PoolAxis> split_axes(const Pdp& pdp) {
  const std::int64_t left = pdp.pad_left;
  if (pdp.splits == 1)
    return {pool_axis(pdp.in.width, pdp.out.width, pdp.kernel_width, pdp.stride_x, left)};
  std::vector<PoolAxis> axes;
  std::int64_t columns = 0, windows = 0;  // of the splits before
  const std::int64_t again = pdp.kernel_width > pdp.stride_x ? pdp.kernel_width - pdp.stride_x : 0;
  for (std::uint32_t s = 0; s < pdp.splits; ++s) {
    const std::size_t kind = s == 0 ? 0 : s + 1 < pdp.splits ? 1 : 2;
    const std::int64_t from = s == 0 ? 0 : std::max<std::int64_t>(columns - again, 0);
    columns += pdp.partial_in[kind];
    if (columns <= from) {
      throw base::UserError("PDP: split " + std::to_string(s + 1) +
                            " has no columns; give each split of the input at least one");
    }
    axes.push_back(pool_axis(static_cast<std::uint32_t>(columns - from), pdp.partial_out[kind],
                             pdp.kernel_width, pdp.stride_x,
                             from - (windows * pdp.stride_x - left)));
    windows += pdp.partial_out[kind];
  }
  if (columns != pdp.in.width || windows != pdp.out.width) {
    throw base::UserError(fmt::format(
        "PDP: {} splits have {} columns of input and {} of output; the cubes have {} and {}",
        pdp.splits, columns, windows, pdp.in.width, pdp.out.width));
  }
  return axes;
}

}  // namespace

PoolAxis pool_axis(std::uint32_t columns, std::uint32_t windows, std::uint32_t kernel,
                   std::uint32_t stride, std::int64_t before) {
  PoolAxis axis;
  axis.ends.assign(columns, 0);
  for (std::int64_t w = 0; w < windows; ++w) {
    const std::int64_t end = std::max<std::int64_t>(w * stride - before + kernel - 1, 0);
    if (end < columns) {
      ++axis.ends[static_cast<std::size_t>(end)];
    } else {
      ++axis.flushed;
    }
  }
  if (axis.flushed > 0 && axis.ends.back() == 0) {
    axis.ends.back() = 1;
    --axis.flushed;
  }
  return axis;
}

PdpPlan plan_pdp(const Pdp& pdp, const ArrayGeometry& geometry, const UnitRates& rates) {
  check_beats(geometry, "PDP");
  PdpPlan plan;
  plan.source = {.flight = beats_in_flight(rates.pdp, 1, rates, geometry), .beat_return = kReturn};
  plan.splits = split_axes(pdp);
  plan.lines =
      pool_axis(pdp.in.height, pdp.out.height, pdp.kernel_height, pdp.stride_y, pdp.pad_top);
  plan.surfaces =
      (std::uint64_t{pdp.in.channels} * bytes_of(pdp.precision) + geometry.atom_bytes - 1) /
      geometry.atom_bytes;
  plan.cycles = atom_cycles(rates.pdp, geometry);
  // The RTL waits one cycle unless windows follow column by column from the first one.
  plan.first_window = pdp.stride_x > 1 || pdp.pad_left > 0 ? 1 : 0;
  plan.exit = kPipe + plan.cycles;
  plan.queue = kWriteQueue + (plan.exit + plan.cycles - 1) / plan.cycles;
  plan.after_sdp = (rates.pdp == 1 ? kAfterSdpNarrow : kAfterSdpWide) - std::int64_t{plan.exit};
  return plan;
}

}  // namespace sim::dnnguard
