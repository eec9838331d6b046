#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/accelerators/dnnguard/cdp_tick.h"
#include "sim/accelerators/dnnguard/pdp_tick.h"
#include "sim/accelerators/dnnguard/sdp_tick.h"
#include "tests/accelerators/dnnguard/random_unit.h"

namespace sim::dnnguard {

void PrintTo(const UnitCounters& c, std::ostream* out) {
  *out << fmt::format("{} cycles: {} busy, stalls {} source, {} operand, {} output, {} idle",
                      c.cycles, c.busy, c.source_stalls, c.operand_stalls, c.output_stalls, c.idle);
  for (const BeatCounter& r : c.reads) *out << fmt::format("; {} {}..{}", r.beats, r.first, r.last);
  *out << fmt::format("; writes {} {}..{}", c.writes.beats, c.writes.first, c.writes.last);
}

namespace {

using test::random_unit;
using test::RandomUnit;
using test::skipped;
using test::UnitRow;

UnitCounters ticked(const workload::nvdla::Layer& layer, const test::UnitConfiguration& on,
                    const UnitMemory& memory) {
  if (layer.pdp) return pdp_tick(plan_pdp(*layer.pdp, on.geometry, on.rates), memory);
  if (layer.cdp) return cdp_tick(plan_cdp(*layer.cdp, on.geometry, on.rates), memory);
  return sdp_tick(plan_sdp(*layer.sdp, on.geometry, on.rates), memory);
}

std::string described(const RandomUnit& u) {
  std::string text = fmt::format("atom {}, latency {}, intervals {} {}", u.on.geometry.atom_bytes,
                                 u.memory.latency, u.memory.read_interval, u.memory.write_interval);
  if (const auto& p = u.layer.pdp)
    text +=
        fmt::format("; PDP {}x{}x{} k{}x{} s{}x{} pad {} {} out {}x{} splits {}", p->in.width,
                    p->in.height, p->in.channels, p->kernel_width, p->kernel_height, p->stride_x,
                    p->stride_y, p->pad_left, p->pad_top, p->out.width, p->out.height, p->splits);
  if (const auto& c = u.layer.cdp)
    text += fmt::format("; CDP {}x{}x{}", c->cube.width, c->cube.height, c->cube.channels);
  if (const auto& s = u.layer.sdp)
    text += fmt::format("; SDP {}x{}x{}", s->cube.width, s->cube.height, s->cube.channels);
  return text;
}

TEST(DnnguardUnitEngines, SkipEqualsTickInAllCounters) {
  base::Rng rng(11);
  for (int i = 0; i < 1000; ++i) {
    const RandomUnit unit = random_unit(rng);
    const UnitCounters skip = skipped(unit.layer, unit.on, unit.memory);
    EXPECT_EQ(skip, ticked(unit.layer, unit.on, unit.memory)) << i << ": " << described(unit);
    EXPECT_EQ(skip.cycles, skip.busy + skip.source_stalls + skip.operand_stalls +
                               skip.output_stalls + skip.idle);
    // Atoms that still wait to be written, and the pipeline.
    EXPECT_LT(skip.idle, 200 + 80 * unit.memory.write_interval) << described(unit);
    if (HasFailure()) return;
  }
}

TEST(DnnguardUnitEngines, SkipEqualsTickOnEveryRowOfTheRtl) {
  for (const UnitRow& row : test::unit_rows()) {
    const auto on = test::configuration(row.text("configuration"));
    EXPECT_EQ(skipped(row.layer, on, row.memory), ticked(row.layer, on, row.memory))
        << row.text("name");
  }
}

}  // namespace

}  // namespace sim::dnnguard
