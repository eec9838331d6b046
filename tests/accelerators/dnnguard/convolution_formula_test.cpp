#include <gtest/gtest.h>

#include <algorithm>

#include "sim/accelerators/dnnguard/convolution_skip.h"
#include "sim/base/error.h"
#include "tests/accelerators/dnnguard/convolution_support.h"

/// Closed forms of cycles, from the rules read off the RTL; numbers stand here as they stand there.
namespace sim::dnnguard::test {
namespace {

/// A cube of whole atoms with a kernel of 1 x 1, all of whose weights the buffer holds.
struct Shape {
  std::int64_t width = 1;
  std::int64_t height = 1;
  std::int64_t surfaces = 1;
  std::int64_t groups = 1;

  std::int64_t outputs() const { return width * height; }
};

Layer layer_of(const Shape& s, const ArrayGeometry& g) {
  Layer layer;
  workload::nvdla::Convolution& c = layer.convolution.emplace();
  c.in = {static_cast<std::uint32_t>(s.width), static_cast<std::uint32_t>(s.height),
          static_cast<std::uint32_t>(s.surfaces * g.atom_bytes)};
  c.kernels = static_cast<std::uint32_t>(s.groups * g.rows);
  c.weight_bytes = std::uint64_t{c.kernels} * c.in.channels;
  c.weight_bytes += (128 - c.weight_bytes % 128) % 128;
  c.out_width = c.in.width;
  c.out_height = c.in.height;
  c.entries_per_line = line_entries(g, c);
  c.data_banks = g.banks / 2;
  c.weight_banks = g.banks / 2;
  return layer;
}

/// Position of the n-th beat of a stream among all, when the memory takes both in turn; weights are
/// four ahead.
std::int64_t weight_slot(std::int64_t n, std::int64_t data) {
  return n <= 4 ? n - 1 : std::min(2 * n - 5, data + n - 1);
}
std::int64_t data_slot(std::int64_t n, std::int64_t weights) {
  return std::min(2 * n + 2, std::max(weights, std::int64_t{4}) + n - 1);
}

/// The memory takes a read every so many cycles, from cycle 28 on.
struct Reads {
  std::int64_t data = 0;
  std::int64_t weights = 0;
  std::int64_t group = 0;  // weights of one
  std::int64_t interval = 0;
  std::int64_t latency = 0;

  Cycle accepted(std::int64_t slot) const { return 28 + interval * slot; }
  /// The first atomic operation of group g may be done from then on; of a cube of at most two
  /// surfaces.
  Cycle ready(std::int64_t g, std::int64_t rows) const {
    // The last group waits for what rounds the weights up to 128 bytes, too.
    const std::int64_t last = (g + 2) * group > weights ? weights : (g + 1) * group;
    const Cycle with_weights = accepted(weight_slot(last, data)) + latency + rows;
    return std::max(with_weights, accepted(data_slot(data, weights)) + latency + 7 + rows);
  }
};

Reads reads_of(const Shape& s, const ArrayGeometry& g, const ReadMemory& memory) {
  Reads r;
  r.data = s.outputs() * s.surfaces;
  r.group = std::int64_t{g.rows} * s.surfaces;
  r.weights = s.groups * r.group;
  r.weights += -r.weights * g.beat_bytes % 128 == 0
                   ? 0
                   : (128 - r.weights * g.beat_bytes % 128) / g.beat_bytes;
  r.interval = memory.accept_interval;
  r.latency = memory.latency;
  return r;
}

/// Outputs left to stripes, by the rule of the RTL.
std::int64_t stripe(std::int64_t left, std::int64_t rows) {
  if (left >= 4 * rows) return 2 * rows;
  return left <= 2 * rows ? left : rows;
}

std::int64_t steps_of(const Shape& s, const ArrayGeometry& g) {
  return (s.surfaces * g.atom_bytes + g.lanes - 1) / g.lanes;
}

Shape random_shape(base::Rng& rng, std::int64_t least_surfaces, std::int64_t surfaces) {
  const auto draw = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(high - low + 1)));
  };
  return {draw(1, 20), draw(1, 12), draw(least_surfaces, surfaces), draw(1, 3)};
}

std::vector<ConvolutionMachine> configurations() {
  return {kNvSmallConvolution, kNvSmall256Convolution, kNvLargeConvolution};
}

/// Groups one after the other, each when its weights are there, and the drain of the last stripe.
TEST(ConvolutionFormula, ComputeBoundLayersEndWhenGroupsAndDrainAreDone) {
  for (const ConvolutionMachine& m : configurations()) {
    const ArrayGeometry& g = m.geometry;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
      base::Rng rng(seed);
      const Shape s = random_shape(rng, 13 * g.lanes / g.atom_bytes, 16 * g.lanes / g.atom_bytes);
      const ReadMemory memory = {.bytes_per_cycle = 64,
                                 .latency = static_cast<std::uint32_t>(rng.below(200) + 1),
                                 .accept_interval = 4};
      const Reads reads = reads_of(s, g, memory);
      const std::int64_t steps = steps_of(s, g);
      Cycle start = 0;
      Cycle end = 0;
      std::int64_t length = 0;
      for (std::int64_t group = 0; group < s.groups; ++group) {
        end = std::max(end, reads.ready(group, g.rows));
        if (group == 0) start = end;
        for (std::int64_t left = s.outputs(); left > 0; left -= length) {
          length = stripe(left, g.rows);
          end += steps * std::max(length, std::int64_t{g.rows});
        }
      }
      end -= std::max(length, std::int64_t{g.rows}) - length;
      const auto layer = layer_of(s, g);
      std::vector<ConvolutionCounts> counts;
      try {
        counts = convolution_skip(m, memory, {{convolution_work(m, layer), 0}});
      } catch (const base::WorkloadError&) {
        continue;  // the buffer does not hold it
      }
      const Cycle drain = 66 + length * (g.rows / m.sdp_elements + 1) - length;
      EXPECT_EQ(counts[0].first_stripe, start) << seed;
      EXPECT_EQ(counts[0].last_stripe_end, end) << seed;
      EXPECT_EQ(counts[0].last_write, end + drain) << seed;
      EXPECT_EQ(counts[0].interrupt, counts[0].last_write + 11) << seed;
      EXPECT_EQ(counts[0].busy, s.groups * s.outputs() * steps) << seed;
    }
  }
}

/// A stripe of twice the rows costs its operations or its outputs and 38 cycles, whatever is more.
TEST(ConvolutionFormula, StripesBoundByPostProcessingCostTheirOutputs) {
  for (const ConvolutionMachine& m : configurations()) {
    const std::int64_t rows = m.geometry.rows;
    const std::int64_t interval = rows / m.sdp_elements + 1;
    const bool two_stripes = m.geometry.lanes == 4 * m.geometry.rows;  // in the delivery buffer
    for (std::int64_t surfaces = 1; surfaces <= 16; ++surfaces) {
      const Shape s = {2 * rows, 3, surfaces, 1};
      const std::int64_t steps = steps_of(s, m.geometry);
      const auto counts = convolution_skip(m, {.bytes_per_cycle = 64},
                                           {{convolution_work(m, layer_of(s, m.geometry)), 0}});
      const std::int64_t outputs = 2 * rows * interval + (two_stripes ? 0 : 38);
      const std::int64_t cost = std::max(2 * rows * steps, outputs);
      EXPECT_EQ(counts[0].last_write - counts[0].first_write, 2 * cost + (2 * rows - 1) * interval)
          << rows << ' ' << surfaces;
    }
  }
}

TEST(ConvolutionFormula, ReadsTakeTurnsInTheSlotsOfTheMemory) {
  for (const ConvolutionMachine& m : configurations())
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      base::Rng rng(seed);
      const Shape s = random_shape(rng, 1, 2);
      const ReadMemory memory = {.bytes_per_cycle = 64, .latency = 20, .accept_interval = 3};
      const Reads reads = reads_of(s, m.geometry, memory);
      const auto counts =
          convolution_skip(m, memory, {{convolution_work(m, layer_of(s, m.geometry)), 0}});
      EXPECT_EQ(static_cast<std::int64_t>(counts[0].weights.beats), reads.weights) << seed;
      EXPECT_EQ(static_cast<std::int64_t>(counts[0].data.beats), reads.data) << seed;
      EXPECT_EQ(counts[0].weights.last, reads.accepted(weight_slot(reads.weights, reads.data)))
          << seed;
      EXPECT_EQ(counts[0].data.last, reads.accepted(data_slot(reads.data, reads.weights))) << seed;
    }
}

/// 65 cycles in nv_small, 65 in nv_small_256 and 73 in nv_large with 16 kernels.
TEST(ConvolutionFormula, APrefetchedLayerFollowsAfterAConstantGap) {
  for (const ConvolutionMachine& m : configurations()) {
    Layer layer = layer_of({10, 10, m.geometry.lanes / m.geometry.atom_bytes, 1}, m.geometry);
    workload::nvdla::Convolution& c = *layer.convolution;
    c.kernel_width = c.kernel_height = 3;
    c.pad_left = c.pad_top = 1;
    c.kernels = std::min(16u, m.geometry.rows);
    c.weight_bytes = std::uint64_t{c.kernels} * 9 * c.in.channels;
    const ConvolutionWork work = convolution_work(m, layer);
    const auto counts =
        convolution_skip(m, {.bytes_per_cycle = 64, .accept_interval = 1}, {{work, 0}, {work, 68}});
    const Cycle gap = counts[1].first_stripe - counts[0].last_stripe_end;
    EXPECT_EQ(counts[1].data_stalls + counts[1].weight_stalls, 0);
    EXPECT_EQ(gap, m.geometry.rows == 32 ? 73 : 65);
  }
}

}  // namespace
}  // namespace sim::dnnguard::test
