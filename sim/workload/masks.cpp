#include "sim/workload/masks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "sim/base/check.h"

namespace sim::workload {
namespace {

constexpr double kSteps = 256;    // per unit of the logarithmic scale
constexpr double kMaxScale = 16;  // e^16 between a row and the mean: more than any matrix has
constexpr double kMaxShift = 48;  // beyond every sum of two scales that still matters
constexpr int kBisections = 48;

/// Scales as steps above the lowest one.
struct Steps {
  std::vector<std::uint32_t> above;
  double lowest = 0;  // in steps
  std::uint32_t highest = 0;
};

Steps to_steps(const std::vector<double>& scales) {
  std::vector<double> rounded(scales.size());
  std::ranges::transform(scales, rounded.begin(), [](double scale) {
    return std::round(std::clamp(scale, -kMaxScale, kMaxScale) * kSteps);
  });
  Steps steps;
  steps.lowest = *std::ranges::min_element(rounded);
  for (const double step : rounded) {
    steps.above.push_back(static_cast<std::uint32_t>(step - steps.lowest));
  }
  steps.highest = *std::ranges::max_element(steps.above);
  return steps;
}

std::vector<std::uint32_t> histogram(const Steps& steps) {
  std::vector<std::uint32_t> counts(steps.highest + 1);
  for (const std::uint32_t step : steps.above) ++counts[step];
  return counts;
}

/// Number of weights by the sum of their row's and their column's steps.
std::vector<double> sum_histogram(const Steps& rows, const Steps& columns) {
  std::vector<double> sums(rows.highest + columns.highest + 1);
  const std::vector<std::uint32_t> row_counts = histogram(rows);
  const std::vector<std::uint32_t> column_counts = histogram(columns);
  for (std::size_t r = 0; r < row_counts.size(); ++r) {
    if (row_counts[r] == 0) continue;
    for (std::size_t c = 0; c < column_counts.size(); ++c) {
      sums[r + c] += double{1} * row_counts[r] * column_counts[c];
    }
  }
  return sums;
}

double keep_probability(KeepLaw law, double x) {
  if (law == KeepLaw::kProportional) return std::min(1.0, std::exp(x));
  return std::erfc(std::exp(-x) / std::numbers::sqrt2);
}

/// The s at which the mean probability is the density; bisection, since the mean rises with s.
double solve_shift(const std::vector<double>& sums, double lowest, KeepLaw law, double density) {
  double total = 0;
  for (const double count : sums) total += count;
  double low = -kMaxShift;
  double high = kMaxShift;
  for (int i = 0; i < kBisections; ++i) {
    const double shift = (low + high) / 2;
    double kept = 0;
    for (std::size_t k = 0; k < sums.size(); ++k) {
      if (sums[k] == 0) continue;
      kept += sums[k] * keep_probability(law, (lowest + static_cast<double>(k)) / kSteps + shift);
    }
    (kept < density * total ? low : high) = shift;
  }
  return (low + high) / 2;
}

/// Probability x 2^32 for each sum of steps.
std::vector<std::uint32_t> thresholds(const Steps& rows, const Steps& columns, KeepLaw law,
                                      double density) {
  const std::vector<double> sums = sum_histogram(rows, columns);
  const double lowest = rows.lowest + columns.lowest;
  const double shift = solve_shift(sums, lowest, law, density);
  std::vector<std::uint32_t> table(sums.size());
  for (std::size_t k = 0; k < table.size(); ++k) {
    const double x = (lowest + static_cast<double>(k)) / kSteps + shift;
    table[k] =
        static_cast<std::uint32_t>(std::min(keep_probability(law, x) * 0x1.0p32, 0x1.0p32 - 1));
  }
  return table;
}

/// Draws 64 weights; `count` of them exist.
std::uint64_t draw_word(base::Rng& rng, const std::uint32_t* table, const std::uint32_t* columns,
                        std::uint32_t count) {
  std::uint64_t word = 0;
  for (std::uint32_t c = 0; c < count; c += 2) {
    const std::uint64_t random = rng.next();
    word |= std::uint64_t{static_cast<std::uint32_t>(random) < table[columns[c]]} << c;
    if (c + 1 == count) break;
    word |= std::uint64_t{static_cast<std::uint32_t>(random >> 32) < table[columns[c + 1]]}
            << (c + 1);
  }
  return word;
}

}  // namespace

MaskScales even_scales(std::uint32_t rows, std::uint32_t columns) {
  return {std::vector<double>(rows), std::vector<double>(columns)};
}

MaskScales log_normal_scales(base::Rng& rng, std::uint32_t rows, std::uint32_t columns,
                             double row_sigma, double column_sigma) {
  MaskScales scales = even_scales(rows, columns);
  for (double& scale : scales.rows) scale = row_sigma * rng.normal();
  for (double& scale : scales.columns) scale = column_sigma * rng.normal();
  return scales;
}

Mask draw_mask(base::Rng& rng, const MaskScales& scales, KeepLaw law, double density) {
  SIM_CHECK(density > 0 && density <= 1, "density {} of a mask", density);
  const auto row_count = base::narrow<std::uint32_t>(scales.rows.size());
  const auto column_count = base::narrow<std::uint32_t>(scales.columns.size());
  if (density == 1) return Mask::full(row_count, column_count);
  const Steps rows = to_steps(scales.rows);
  const Steps columns = to_steps(scales.columns);
  const std::vector<std::uint32_t> table = thresholds(rows, columns, law, density);
  Mask mask(row_count, column_count);
  for (std::uint32_t r = 0; r < row_count; ++r) {
    for (std::uint32_t w = 0; w < mask.words_per_row(); ++w) {
      mask.row(r)[w] = draw_word(rng, &table[rows.above[r]], &columns.above[w * std::size_t{64}],
                                 std::min(64u, column_count - w * 64));
    }
  }
  return mask;
}

}  // namespace sim::workload
