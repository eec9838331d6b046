#include "sim/workload/masks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "sim/base/error.h"
#include "sim/workload/kinds/transformer/mask_profile.h"
#include "sim/workload/kinds/transformer/synthetic.h"

namespace sim::workload::transformer {
namespace {

double density(const Mask& mask) {
  return static_cast<double>(mask.count()) / (double{1} * mask.rows() * mask.columns());
}

std::vector<double> row_densities(const Mask& mask) {
  std::vector<double> result;
  for (std::uint32_t r = 0; r < mask.rows(); ++r) {
    result.push_back(double{1} * mask.count_row(r) / mask.columns());
  }
  return result;
}

Mask transposed(const Mask& mask) {
  Mask result(mask.columns(), mask.rows());
  for (std::uint32_t r = 0; r < mask.rows(); ++r) {
    for (std::uint32_t c = 0; c < mask.columns(); ++c) {
      if (mask.kept(r, c)) result.keep(c, r);
    }
  }
  return result;
}

double deviation(const std::vector<double>& values) {
  double sum = 0;
  double squares = 0;
  for (const double v : values) {
    sum += v;
    squares += v * v;
  }
  const double mean = sum / static_cast<double>(values.size());
  return std::sqrt(squares / static_cast<double>(values.size()) - mean * mean);
}

/// Standard deviation of the density of rows of `columns` independent weights.
double binomial_deviation(double p, double columns) { return std::sqrt(p * (1 - p) / columns); }

MaskConfig config_of(MaskKind kind, double density) {
  MaskConfig c;
  c.kind = kind;
  c.attention = c.feed_forward = c.projection = density;
  c.row_sigma = 0.25;
  c.column_sigma = 0.15;
  return c;
}

Mask make(MaskKind kind, double density, std::uint32_t rows, std::uint32_t columns,
          std::uint64_t seed = 1, const std::string& name = "encoder.layers.0.linear1") {
  return MaskMaker(config_of(kind, density), seed).make(name, rows, columns);
}

bool equal(const Mask& a, const Mask& b) {
  for (std::uint32_t r = 0; r < a.rows(); ++r) {
    if (!std::equal(a.row(r), a.row(r) + a.words_per_row(), b.row(r))) return false;
  }
  return a.rows() == b.rows() && a.columns() == b.columns();
}

TEST(Masks, DensityIsMet) {
  for (const MaskKind kind : {MaskKind::kIid, MaskKind::kSkewed}) {
    for (const double wanted : {0.01, 0.1, 0.25, 0.5, 0.9, 0.99}) {
      const Mask mask = make(kind, wanted, 1024, 512);
      EXPECT_NEAR(density(mask), wanted, 5 * binomial_deviation(wanted, 1024.0 * 512)) << wanted;
    }
  }
}

TEST(Masks, DenseKeepsEverythingAndNothingBeyond) {
  const Mask dense = make(MaskKind::kDense, 1, 3, 70);
  EXPECT_EQ(dense.count(), 210u);
  EXPECT_EQ(dense.row(2)[1], (1u << 6) - 1);
  EXPECT_TRUE(equal(dense, make(MaskKind::kIid, 1, 3, 70)));
  EXPECT_TRUE(equal(dense, make(MaskKind::kSkewed, 1, 3, 70)));
}

TEST(Masks, BitsBeyondTheLastColumnAreZero) {
  for (const std::uint32_t columns : {1u, 63u, 64u, 65u, 127u}) {
    const Mask mask = make(MaskKind::kSkewed, 0.9, 50, columns);
    for (std::uint32_t r = 0; r < 50 && columns % 64 != 0; ++r) {
      EXPECT_EQ(mask.row(r)[mask.words_per_row() - 1] >> (columns % 64), 0u);
    }
  }
}

TEST(Masks, IidRowsScatterBinomially) {
  const Mask mask = make(MaskKind::kIid, 0.25, 2048, 512);
  const double expected = binomial_deviation(0.25, 512);
  EXPECT_NEAR(deviation(row_densities(mask)), expected, 0.1 * expected);
}

/// Row scales r and column scales c are log-normal, so a weight's log scale is normal with both
/// variances: rows of the magnitude law have density E[P(|N(0, r c)| > theta)] over c. The
/// quantiles of r at one and two deviations give the densities that the rows must have there.
TEST(Masks, SkewedRowsFollowMagnitudePruning) {
  const Mask mask = make(MaskKind::kSkewed, 0.25, 4096, 4096);
  std::vector<double> rows = row_densities(mask);
  std::ranges::sort(rows);
  const auto mean_over = [](double theta, double row_sigmas, double row_sigma) {
    double sum = 0;
    double weight = 0;
    for (double z = -5; z <= 5; z += 0.01) {
      const double scale = std::exp(row_sigma * row_sigmas + 0.15 * z);
      sum += std::exp(-z * z / 2) * std::erfc(theta / scale / std::sqrt(2.0));
      weight += std::exp(-z * z / 2);
    }
    return sum / weight;
  };
  const auto total = [&](double theta) {
    double sum = 0;
    double weight = 0;
    for (double z = -5; z <= 5; z += 0.1) {
      sum += std::exp(-z * z / 2) * mean_over(theta, z, 0.25);
      weight += std::exp(-z * z / 2);
    }
    return sum / weight;
  };
  double low = 0;
  double high = 5;
  for (int i = 0; i < 20; ++i) ((total((low + high) / 2) > 0.25 ? low : high) = (low + high) / 2);
  const std::map<double, double> normal_quantiles = {
      {-2, 0.02275}, {-1, 0.15866}, {0, 0.5}, {1, 0.84134}, {2, 0.97725}};
  for (const auto& [z, part] : normal_quantiles) {
    const double measured = rows[static_cast<std::size_t>(part * 4096)];
    EXPECT_NEAR(measured, mean_over(low, z, 0.25), 0.02) << z;
  }
}

TEST(Masks, SkewedColumnsScatterLessThanRowsButMoreThanChance) {
  const Mask mask = make(MaskKind::kSkewed, 0.25, 2048, 2048);
  const double rows = deviation(row_densities(mask));
  const double columns = deviation(row_densities(transposed(mask)));
  EXPECT_GT(rows, 1.3 * columns);
  EXPECT_GT(columns, 3 * binomial_deviation(0.25, 2048));
}

TEST(Masks, SeedAndNameDecideEverything) {
  const Mask mask = make(MaskKind::kSkewed, 0.25, 256, 300);
  EXPECT_TRUE(equal(mask, make(MaskKind::kSkewed, 0.25, 256, 300)));
  EXPECT_FALSE(equal(mask, make(MaskKind::kSkewed, 0.25, 256, 300, 2)));
  EXPECT_FALSE(equal(mask, make(MaskKind::kSkewed, 0.25, 256, 300, 1, "encoder.layers.1.linear1")));
}

TEST(Masks, MasksOfAModelDoNotDependOnItsOtherMatrices) {
  ModelConfig small{.encoder_layers = 1,
                    .decoder_layers = 1,
                    .d_model = 32,
                    .heads = 2,
                    .d_ff = 64,
                    .vocabulary = 0,
                    .mask = config_of(MaskKind::kSkewed, 0.25)};
  ModelConfig large = small;
  large.encoder_layers = 3;
  large.vocabulary = 100;
  const MaskMaker masks(small.mask, 5);
  const Network a = build_transformer(small, masks);
  const Network b = build_transformer(large, masks);
  std::size_t compared = 0;
  for (const Operator& x : a.operators) {
    for (const Operator& y : b.operators) {
      if (!x.mask || x.name != y.name) continue;
      EXPECT_TRUE(equal(*x.mask, *y.mask)) << x.name;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 6u + 10u);
}

TEST(Masks, DensitiesMayDifferByMatrix) {
  MaskConfig config = config_of(MaskKind::kIid, 0.5);
  config.attention = 0.1;
  config.projection = 0.9;
  const MaskMaker masks(config, 1);
  EXPECT_NEAR(density(masks.make("decoder.layers.0.cross_attn.q", 500, 500)), 0.1, 0.01);
  EXPECT_NEAR(density(masks.make("decoder.layers.0.linear2", 500, 500)), 0.5, 0.01);
  EXPECT_NEAR(density(masks.make("generator", 500, 500)), 0.9, 0.01);
}

/// A model with one matrix whose first half of rows keeps `low`, the second `high`.
Network two_level_model(double low, double high) {
  MaskScales scales = even_scales(400, 200);
  for (std::size_t r = 0; r < 400; ++r) scales.rows[r] = std::log(r < 200 ? low : high);
  base::Rng rng(3);
  Network model;
  Operator op{.name = "encoder.layers.0.linear1", .body = Linear{{.outputs = 400, .inputs = 200}}};
  op.mask = std::make_shared<const Mask>(
      draw_mask(rng, scales, KeepLaw::kProportional, (low + high) / 2));
  model.operators.push_back(op);
  return model;
}

TEST(Masks, MeasuredProfileIsThatOfTheTrace) {
  const auto profiles = measure_masks(two_level_model(0.1, 0.7));
  const MaskProfile& profile = profiles.at("linear1");
  EXPECT_NEAR(profile.density, 0.4, 0.01);
  EXPECT_NEAR(profile.row_quantiles[64], 0.1, 0.03);
  EXPECT_NEAR(profile.row_quantiles[192], 0.7, 0.03);
  EXPECT_NEAR(profile.column_quantiles[128], 0.4, 0.03);
}

TEST(Masks, MeasuredMaskHasTheProfileAtAnotherSize) {
  const MaskMaker masks(config_of(MaskKind::kMeasured, 0), 1,
                        measure_masks(two_level_model(0.1, 0.7)), "t");
  const Mask mask = masks.make("decoder.layers.4.linear1", 1000, 2000);
  EXPECT_NEAR(density(mask), 0.4, 0.01);
  std::vector<double> rows = row_densities(mask);
  const double first_half = std::accumulate(rows.begin(), rows.begin() + 500, 0.0) / 500;
  EXPECT_NEAR(first_half, 0.4, 0.05);  // heavy and light rows are mixed
  std::ranges::sort(rows);
  EXPECT_NEAR(rows[250], 0.1, 0.02);
  EXPECT_NEAR(rows[750], 0.7, 0.03);
}

TEST(Masks, MeasuredMaskIsScaledToARequestedDensity) {
  const MaskMaker masks(config_of(MaskKind::kMeasured, 0.2), 1,
                        measure_masks(two_level_model(0.1, 0.7)), "t");
  const Mask mask = masks.make("decoder.layers.4.linear1", 1000, 2000);
  EXPECT_NEAR(density(mask), 0.2, 0.005);
  std::vector<double> rows = row_densities(mask);
  std::ranges::sort(rows);
  EXPECT_NEAR(rows[750] / rows[250], 7, 1);
}

TEST(Masks, MeasuringNeedsAMatrixOfTheRole) {
  const MaskMaker masks(config_of(MaskKind::kMeasured, 0), 1,
                        measure_masks(two_level_model(0.1, 0.7)), "t.safetensors");
  try {
    masks.make("decoder.layers.0.self_attn.q", 8, 8);
    FAIL();
  } catch (const base::WorkloadError& e) {
    EXPECT_STREQ(e.what(),
                 "t.safetensors: no kept weights in matrices named '….q' or 'q'; measured masks "
                 "need one of each role");
  }
}

TEST(Masks, RowsThatTheTraceDropsWholeStayEmpty) {
  MaskScales scales = even_scales(100, 1000);
  for (std::size_t r = 0; r < 50; ++r) {
    scales.rows[r] = -std::numeric_limits<double>::infinity();
  }
  base::Rng rng(1);
  const Mask mask = draw_mask(rng, scales, KeepLaw::kProportional, 0.3);
  EXPECT_NEAR(density(mask), 0.3, 0.01);
  for (std::uint32_t r = 0; r < 50; ++r) EXPECT_EQ(mask.count_row(r), 0u);
}

}  // namespace
}  // namespace sim::workload::transformer
