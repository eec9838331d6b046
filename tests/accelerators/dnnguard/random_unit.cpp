#include "tests/accelerators/dnnguard/random_unit.h"

#include <algorithm>

namespace sim::dnnguard::test {

namespace {

using namespace workload::nvdla;

class Draw {
 public:
  explicit Draw(base::Rng& rng) : rng_(rng) {}

  std::uint32_t from(std::uint32_t low, std::uint32_t high) {
    return low + static_cast<std::uint32_t>(rng_.below(high - low + 1));
  }
  bool half() { return rng_.below(2) == 1; }

 private:
  base::Rng& rng_;
};

UnitConfiguration configuration(Draw& draw) {
  const std::uint32_t which = draw.from(0, 3);
  if (which < 2) return {kNvSmall, kNvSmallRates};
  if (which == 2) return {kNvLarge, kNvLargeRates};
  UnitConfiguration on{kNvLarge, kNvLargeRates};
  on.geometry.atom_bytes = on.geometry.beat_bytes = 8U << draw.from(0, 2);
  on.geometry.element_wise = draw.half();
  on.rates = {.sdp = 1U << draw.from(0, 5),
              .ew = 1U << draw.from(0, 4),
              .pdp = 1U << draw.from(0, 5),
              .cdp = 1U << draw.from(0, 5),
              .sized_latency = draw.from(1, 80)};
  return on;
}

Cube cube(Draw& draw, std::uint32_t atom) {
  if (draw.from(0, 9) == 0) return {1, 1, draw.from(1, 30 * atom)};
  return {draw.from(1, 20), draw.from(1, 7), draw.from(1, 5 * atom)};
}

std::optional<SdpStage> stage(Draw& draw) {
  if (draw.half()) return {};
  SdpStage stage;
  if (draw.half()) stage.alu.emplace().from_memory = draw.half();
  if (draw.half()) stage.mul.emplace().from_memory = draw.half();
  OperandStream operands;
  operands.of_alu = stage.alu && stage.alu->from_memory;
  operands.of_mul = stage.mul && stage.mul->from_memory;
  operands.bytes = draw.from(1, 2);
  operands.per_element = draw.half();
  if (operands.of_alu || operands.of_mul) stage.operands = operands;
  return stage;
}

Sdp sdp(Draw& draw, std::uint32_t atom) {
  Sdp sdp;
  sdp.cube = cube(draw, atom);
  sdp.source = sdp.destination = CubePlace{};
  sdp.bs = stage(draw);
  sdp.bn = stage(draw);
  sdp.ew = stage(draw);
  return sdp;
}

/// Columns of splits: those of the input are divided anyhow, as far as their windows allow.
void split(Draw& draw, Pdp& pdp) {
  if (pdp.out.width < 3 || pdp.in.width < 4 || draw.half()) return;
  pdp.splits = draw.from(2, 3);
  const std::uint32_t middle = pdp.splits - 2;
  pdp.partial_out = {1, middle, pdp.out.width - 1 - middle};
  const auto end = [&](std::uint32_t windows) {  // of the last of so many windows
    const std::int64_t column =
        std::int64_t{windows - 1} * pdp.stride_x - pdp.pad_left + pdp.kernel_width;
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(column, 1, pdp.in.width - 1));
  };
  pdp.partial_in = {end(1), 0, 0};
  if (middle > 0) pdp.partial_in[1] = std::max(end(2), pdp.partial_in[0] + 1) - pdp.partial_in[0];
  const std::uint32_t before = pdp.partial_in[0] + middle * pdp.partial_in[1];
  if (before < pdp.in.width)
    pdp.partial_in[2] = pdp.in.width - before;
  else
    pdp.splits = 1;
}

Pdp pdp(Draw& draw, std::uint32_t atom) {
  Pdp pdp;
  pdp.in = cube(draw, atom);
  pdp.source = CubePlace{};
  pdp.kernel_width = draw.from(1, 8);
  pdp.kernel_height = draw.from(1, 8);
  pdp.stride_x = draw.from(1, 4);
  pdp.stride_y = draw.from(1, 4);
  pdp.pad_left = draw.from(0, pdp.kernel_width - 1);
  pdp.pad_top = draw.from(0, pdp.kernel_height - 1);
  const auto windows = [&](std::uint32_t in, std::uint32_t kernel, std::uint32_t stride,
                           std::uint32_t before) {
    const std::uint32_t padded = std::max(in + before + draw.from(0, kernel - 1), kernel);
    return (padded - kernel) / stride + 1;
  };
  pdp.out.width = windows(pdp.in.width, pdp.kernel_width, pdp.stride_x, pdp.pad_left);
  pdp.out.height = windows(pdp.in.height, pdp.kernel_height, pdp.stride_y, pdp.pad_top);
  pdp.out.channels = pdp.in.channels;
  split(draw, pdp);
  return pdp;
}

}  // namespace

RandomUnit random_unit(base::Rng& rng) {
  Draw draw(rng);
  RandomUnit unit;
  unit.on = configuration(draw);
  unit.memory = {.latency = draw.from(0, 1) == 0 ? 32 : draw.from(0, 250),
                 .read_interval = draw.from(1, 5),
                 .write_interval = draw.half() ? 2 : draw.from(1, 20)};
  const std::uint32_t atom = unit.on.geometry.atom_bytes;
  switch (draw.from(0, 2)) {
    case 0:
      unit.layer.sdp = sdp(draw, atom);
      break;
    case 1:
      unit.layer.pdp = pdp(draw, atom);
      break;
    default:
      unit.layer.cdp.emplace().cube = cube(draw, atom);
      unit.layer.cdp->sum_squares = unit.layer.cdp->multiply = draw.half();
  }
  return unit;
}

}  // namespace sim::dnnguard::test
