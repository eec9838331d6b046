#include <gtest/gtest.h>

#include "sim/accelerators/dnnguard/pdp_plan.h"
#include "sim/base/rng.h"
#include "tests/accelerators/dnnguard/unit_rows.h"

/// The engines beside closed forms and beside windows that are laid out one by one.

namespace sim::dnnguard {

namespace {

using test::skipped;
using test::UnitConfiguration;
using workload::nvdla::Cube;
using workload::nvdla::Layer;

const UnitConfiguration kSmall = {kNvSmall, kNvSmallRates};
const UnitConfiguration kLarge = {kNvLarge, kNvLargeRates};

std::uint64_t atoms(const Cube& cube, const UnitConfiguration& on) {
  const std::uint64_t surfaces =
      (cube.channels + on.geometry.atom_bytes - 1) / on.geometry.atom_bytes;
  return surfaces * cube.width * cube.height;
}

Layer sdp(const Cube& cube) {
  Layer layer;
  layer.sdp.emplace().cube = cube;
  return layer;
}

Layer cdp(const Cube& cube) {
  Layer layer;
  layer.cdp.emplace().cube = cube;
  return layer;
}

/// k x k windows side by side.
Layer pdp(const Cube& cube, std::uint32_t k) {
  Layer layer;
  auto& pdp = layer.pdp.emplace();
  pdp.in = cube;
  pdp.out = {cube.width / k, cube.height / k, cube.channels};
  pdp.kernel_width = pdp.kernel_height = pdp.stride_x = pdp.stride_y = k;
  return layer;
}

TEST(DnnguardUnitFormulas, SdpWritesAnAtomInEight) {
  for (const Cube cube : {Cube{4, 22, 42}, Cube{7, 5, 40}, Cube{1, 1, 8}, Cube{2, 9, 64}}) {
    const std::uint64_t before = std::min(cube.width, 4U) - 1;  // beats of the first pack
    const UnitCounters c = skipped(sdp(cube), kSmall, {});
    EXPECT_EQ(c.writes.first, 20 + 2 * before + 32 + 33);
    EXPECT_EQ(c.writes.last, c.writes.first + 8 * (atoms(cube, kSmall) - 1));
    EXPECT_EQ(c.busy, 8 * atoms(cube, kSmall));
  }
}

TEST(DnnguardUnitFormulas, SourceOfSdpIsBoundByItsEightBeats) {
  for (const std::uint32_t latency : {100, 101, 200, 999}) {
    const Cube cube{8, 6, 8 * 5};
    const UnitMemory memory{.latency = latency, .read_interval = 1};
    const UnitCounters c = skipped(sdp(cube), kSmall, memory);
    EXPECT_EQ(c.reads[0].last, 20 + (atoms(cube, kSmall) / 8 - 1) * (latency + 14) + 7);
  }
}

TEST(DnnguardUnitFormulas, AddressPortBoundsSdpInNvLarge) {
  for (const std::uint32_t interval : {2, 3, 5}) {
    const Cube cube{16, 10, 64};
    const UnitMemory memory{.latency = 32, .read_interval = interval};
    const UnitCounters c = skipped(sdp(cube), kLarge, memory);
    EXPECT_EQ(c.reads[0].last, 20 + interval * (atoms(cube, kLarge) - 1));
    // The last four: packed together, 2 cycles each.
    EXPECT_EQ(c.writes.last, c.reads[0].last + 32 + 27 + 2 * 3);
  }
}

TEST(DnnguardUnitFormulas, PdpTakesAnAtomInEightAndIsBoundByItsBeats) {
  for (const std::uint32_t k : {1, 2, 3}) {
    const Cube cube{k * 8, k * 4, 24};
    const std::uint64_t n = atoms(cube, kSmall);
    const std::uint64_t wait = k > 1 ? 1 : 0;
    const UnitCounters near = skipped(pdp(cube, k), kSmall, {});
    EXPECT_EQ(near.writes.last, 20 + 32 + 40 + 8 * (n - 1) + wait);
    EXPECT_EQ(near.writes.beats, n / k / k);
    const UnitCounters far = skipped(pdp(cube, k), kSmall, {.latency = 300, .read_interval = 1});
    const std::uint64_t last = 20 + (n / 8 - 1) * (300 + 15);
    EXPECT_EQ(far.reads[0].last, last + 7);
    EXPECT_EQ(far.writes.last, last + 300 + 40 + 8 * 7);
  }
}

TEST(DnnguardUnitFormulas, PaddingOfThreeByThreeAddsALineAndAColumnAtTheEnd) {
  for (const Cube cube : {Cube{5, 4, 8}, Cube{16, 16, 16}, Cube{14, 7, 40}}) {
    Layer layer = pdp(cube, 1);
    layer.pdp->kernel_width = layer.pdp->kernel_height = 3;
    layer.pdp->pad_left = layer.pdp->pad_top = 1;
    layer.pdp->pad_right = layer.pdp->pad_bottom = 1;
    const UnitCounters c = skipped(layer, kSmall, {});
    const std::uint64_t first = 20 + 32 + 40 + 1;
    EXPECT_EQ(c.writes.first, first + 8 * (cube.width + 1));
    EXPECT_EQ(c.writes.last, first + 8 * (atoms(cube, kSmall) - 1 + cube.width + 1));
  }
}

TEST(DnnguardUnitFormulas, CdpTakesBlocksOfEightColumns) {
  for (const Cube cube : {Cube{8, 8, 64}, Cube{16, 3, 8}, Cube{24, 2, 40}}) {
    const std::uint64_t n = atoms(cube, kSmall);
    const UnitCounters near = skipped(cdp(cube), kSmall, {});
    EXPECT_EQ(near.writes.first, 204U);
    EXPECT_EQ(near.writes.last, 204 + 8 * (n - 8) + 2 * 7);
    const UnitCounters far = skipped(cdp(cube), kSmall, {.latency = 300, .read_interval = 1});
    EXPECT_EQ(far.writes.last, 165 + 300 + (n / 8 - 1) * (300 + 14) + 2 * 7);
  }
}

TEST(DnnguardUnitFormulas, NoUnitIsFasterThanItsBeatsInFlight) {
  base::Rng rng(3);
  for (int i = 0; i < 200; ++i) {
    const auto draw = [&](std::uint64_t most) {
      return static_cast<std::uint32_t>(rng.below(most) + 1);
    };
    const Cube cube{draw(20), draw(9), draw(60)};
    const UnitMemory memory{.latency = draw(400), .read_interval = draw(4)};
    const std::uint64_t n = atoms(cube, kSmall);
    for (const Layer& layer : {sdp(cube), cdp(cube), pdp(cube, 1)}) {
      const UnitCounters c = skipped(layer, kSmall, memory);
      EXPECT_GE(c.reads[0].last - 20, (n - 1) / 8 * (memory.latency + 14));
      EXPECT_GE(c.reads[0].last - 20, (n - 1) * memory.read_interval);
      EXPECT_GE(c.writes.last - c.writes.first, 7 * (n - 1) / 8);
      EXPECT_EQ(c.busy, 8 * n);
    }
  }
}

TEST(DnnguardUnitFormulas, AWindowEndsWithTheLastColumnThatItCovers) {
  base::Rng rng(5);
  for (int i = 0; i < 2000; ++i) {
    const auto columns = static_cast<std::uint32_t>(rng.below(20) + 1);
    const auto kernel = static_cast<std::uint32_t>(rng.below(8) + 1);
    const auto stride = static_cast<std::uint32_t>(rng.below(4) + 1);
    const auto before = static_cast<std::int64_t>(rng.below(kernel));
    const auto windows = static_cast<std::uint32_t>(rng.below(12) + 1);
    std::vector<std::uint32_t> ends(columns, 0);
    std::uint32_t behind = 0;
    for (std::uint32_t w = 0; w < windows; ++w) {
      std::int64_t last = 0;
      for (std::int64_t c = w * stride - before; c < w * stride - before + kernel; ++c) last = c;
      if (last >= columns)
        ++behind;
      else
        ++ends[static_cast<std::size_t>(std::max<std::int64_t>(last, 0))];
    }
    const PoolAxis axis = pool_axis(columns, windows, kernel, stride, before);
    const bool one_with_the_last = behind > 0 && ends.back() == 0;
    EXPECT_EQ(axis.flushed, behind - (one_with_the_last ? 1 : 0));
    ends.back() += one_with_the_last ? 1 : 0;
    EXPECT_EQ(axis.ends, ends);
  }
}

TEST(DnnguardUnitFormulas, RefusesSplitsWithoutColumns) {
  Layer layer = pdp({4, 4, 8}, 2);
  layer.pdp->splits = 2;
  layer.pdp->partial_in = {4, 0, 0};
  layer.pdp->partial_out = {2, 0, 0};
  EXPECT_THROW(skipped(layer, kSmall, {}), std::runtime_error);
}

TEST(DnnguardUnitFormulas, RefusesBeatsThatAreNotAtoms) {
  UnitConfiguration wide = kSmall;
  wide.geometry.beat_bytes = 32;
  for (const Layer& layer : {sdp({4, 4, 8}), cdp({4, 4, 8}), pdp({4, 4, 8}, 1)})
    EXPECT_THROW(skipped(layer, wide, {}), std::runtime_error);
}

}  // namespace

}  // namespace sim::dnnguard
