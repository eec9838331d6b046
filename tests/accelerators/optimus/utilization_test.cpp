#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <map>

#include "sim/accelerators/optimus/stream_skip.h"
#include "sim/workload/masks.h"

// The expected figures are estimates of an independent stand-alone simulation of the same rules,
// for three masks of the same kind; the paper's own curves are not known. With few rows a MAC the
// figures hang on the longest row, and that differs much between masks: over 40 seeds the mean row
// is 39 to 49 % of the longest one with 512 rows, 43 % on average. The estimates' masks show theirs
// in the CSC column: 39 % where each MAC has one row, 54 % for 512 rows on 256 and 1536 on 512
// MACs. So the skewed masks here are the first three seeds that agree with it (38.3 to 39.9 %, 52
// to 56.5 %), and all other columns must follow. The line over window sizes is of other masks of
// the same kind, seeds 1 to 3 here.

namespace sim::optimus {
namespace {

struct Variant {
  RowOrder order;
  std::uint32_t ways;
};

constexpr std::array<Variant, 6> kVariants{{{RowOrder::kNatural, 1},
                                            {RowOrder::kSnake, 1},
                                            {RowOrder::kSnake, 2},
                                            {RowOrder::kSnake, 4},
                                            {RowOrder::kSnake, 8},
                                            {RowOrder::kSnake, 16}}};

EncodingConfig encoding(std::uint32_t macs, const Variant& variant) {
  return {.sparse = {.format = Format::kSaRcsc,
                     .row_order = variant.order,
                     .ways = variant.ways,
                     .column_mark = ColumnMark::kDelta,
                     .delta_bits = 9,  // no fillers: the estimates leave them out
                     .way_choice = WayChoice::kOffline},
          .macs = macs,
          .accumulators_per_mac = 64,
          .accumulators = Accumulators::kPrivate,
          .weight_bits = 8};
}

StreamConfig window(std::uint32_t columns, std::uint32_t width) {
  return {.window = {.scope = WindowScope::kGlobal,
                     .columns = columns,
                     .local_columns = 0,
                     .load_width_elements_per_cycle = width}};
}

StreamCounts stream(const workload::Mask& mask, const EncodingConfig& encoding,
                    const StreamConfig& config) {
  const workload::Mask* parts[] = {&mask};
  StreamCounts counts;
  for (const EncodedBlock& block : encode(parts, encoding).blocks) {
    counts += stream_skip(block, Occupancy(block), config, 1);
  }
  return counts;
}

double percent(const StreamCounts& counts) {
  return 100.0 * static_cast<double>(counts.useful) / static_cast<double>(counts.mac_cycles());
}

using Masks = std::vector<workload::Mask>;

workload::Mask draw(std::uint64_t seed, std::uint32_t rows, std::uint32_t columns, bool skewed) {
  base::Rng rng(seed);
  const workload::MaskScales scales =
      skewed ? workload::log_normal_scales(rng, rows, columns, 0.25, 0.15)
             : workload::even_scales(rows, columns);
  return workload::draw_mask(rng, scales, workload::KeepLaw::kMagnitude, 0.25);
}

/// Mean row length in percent of the longest.
double longest_row_percent(const workload::Mask& mask) {
  std::uint32_t longest = 0;
  for (std::uint32_t r = 0; r < mask.rows(); ++r) longest = std::max(longest, mask.count_row(r));
  return 100.0 * static_cast<double>(mask.count()) / mask.rows() / longest;
}

Masks skewed_masks(std::uint32_t rows, std::uint32_t columns) {
  static const std::map<std::pair<std::uint32_t, std::uint32_t>, std::array<std::uint64_t, 3>>
      kSeeds{{{512, 512}, {52, 67, 93}},
             {{1536, 512}, {13, 15, 20}},
             {{2048, 512}, {2, 4, 5}},
             {{512, 2048}, {7, 11, 13}}};
  Masks masks;
  for (const std::uint64_t seed : kSeeds.at({rows, columns})) {
    masks.push_back(draw(seed, rows, columns, true));
    EXPECT_NEAR(longest_row_percent(masks.back()), 39.1, 0.81);
  }
  return masks;
}

Masks first_masks(std::uint32_t rows, std::uint32_t columns, bool skewed) {
  return {draw(1, rows, columns, skewed), draw(2, rows, columns, skewed),
          draw(3, rows, columns, skewed)};
}

double mean_utilization(const Masks& masks, const EncodingConfig& encoding,
                        const StreamConfig& config) {
  double sum = 0;
  for (const workload::Mask& mask : masks) sum += percent(stream(mask, encoding, config));
  return sum / static_cast<double>(masks.size());
}

struct Line {
  std::uint32_t rows, columns;
  bool skewed;
  std::uint32_t macs, depth;
  std::array<double, 6> estimate;
};

const std::vector<Line> kTable{
    {512, 512, true, 256, 64, {54, 77, 88, 94, 97, 99}},
    {512, 512, true, 512, 64, {39, 39, 77, 88, 94, 97}},
    {512, 512, true, 1024, 64, {20, 20, 39, 77, 88, 93}},
    {1536, 512, true, 512, 64, {54, 75, 93, 97, 99, 99}},
    {1536, 512, true, 1024, 64, {38, 59, 75, 93, 97, 99}},
    {2048, 512, true, 256, 64, {71, 94, 97, 99, 99, 100}},
    {2048, 512, true, 512, 64, {60, 87, 94, 97, 99, 99}},
    {2048, 512, true, 1024, 64, {48, 76, 87, 94, 97, 99}},
    {2048, 512, true, 2048, 64, {39, 39, 76, 87, 93, 97}},
    {512, 2048, true, 1024, 64, {20, 20, 40, 77, 88, 94}},
    {2048, 512, false, 1024, 16, {74, 75, 85, 93, 97, 99}},
};

TEST(Utilization, LiesWithinThreePointsOfTheEstimates) {
  fmt::print("MAC utilization in %, ours/estimate\n{:>10} {:>7} {:>5}", "matrix", "mask", "N");
  for (const char* name : {"CSC", "RCSC", "m=2", "m=4", "m=8", "m=16"}) fmt::print("{:>13}", name);
  for (const Line& line : kTable) {
    const Masks masks = line.skewed ? skewed_masks(line.rows, line.columns)
                                    : first_masks(line.rows, line.columns, false);
    fmt::print("\n{:>5}x{:<4} {:>7} {:>5}", line.rows, line.columns, line.skewed ? "skewed" : "iid",
               line.macs);
    for (std::size_t v = 0; v < kVariants.size(); ++v) {
      const double ours = mean_utilization(masks, encoding(line.macs, kVariants[v]),
                                           window(line.depth, line.depth));
      fmt::print("{:>9.1f}/{:<3}", ours, line.estimate[v]);
      EXPECT_NEAR(ours, line.estimate[v], 3.0)
          << line.rows << "x" << line.columns << " N=" << line.macs << " variant " << v;
    }
  }
  fmt::print("\n");
}

TEST(Utilization, GrowsWithTheWindowAsEstimated) {
  const std::array<std::uint32_t, 4> depth{8, 16, 32, 64};
  const std::map<std::uint32_t, std::array<double, 4>> estimate{{512, {67, 84, 91, 93}},
                                                                {2048, {92, 97, 98, 98}}};
  for (const auto& [rows, expected] : estimate) {
    const Masks masks = first_masks(rows, 512, true);
    for (std::size_t i = 0; i < depth.size(); ++i) {
      const double ours =
          mean_utilization(masks, encoding(1024, kVariants[4]), window(depth[i], depth[i]));
      fmt::print("{}x512, D = B = {}: {:.1f} % (estimate {})\n", rows, depth[i], ours, expected[i]);
      EXPECT_NEAR(ours, expected[i], 3.0) << rows << " rows, D = " << depth[i];
    }
  }
}

TEST(Utilization, IsLoadWidthTimesColumnContentBelowTheMatchingWidth) {
  // B* = N / (density H) = 8: below it u = B density H / N.
  const workload::Mask mask = draw(4, 512, 2048, false);
  const double density = static_cast<double>(mask.count()) / (512.0 * 2048.0);
  for (const std::uint32_t width : {1u, 2u, 4u}) {
    const double expected = 100.0 * width * density * 512 / 1024;
    EXPECT_NEAR(percent(stream(mask, encoding(1024, kVariants[4]), window(64, width))), expected,
                0.5)
        << "B = " << width;
  }
}

}  // namespace
}  // namespace sim::optimus
