#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "sim/base/rng.h"
#include "sim/workload/sparsity.h"

namespace sim::testing {

/// Each weight kept with the same chance.
inline workload::Mask iid_mask(base::Rng& rng, std::uint32_t rows, std::uint32_t columns,
                               double density) {
  workload::Mask mask(rows, columns);
  for (std::uint32_t r = 0; r < rows; ++r) {
    for (std::uint32_t c = 0; c < columns; ++c) {
      if (rng.uniform() < density) mask.keep(r, c);
    }
  }
  return mask;
}

/// The largest magnitudes of Gaussian weights whose rows and columns have log-normal scales
/// (sigma 0.25 and 0.15).
inline workload::Mask skewed_mask(base::Rng& rng, std::uint32_t rows, std::uint32_t columns,
                                  double density) {
  std::vector<double> row_scale(rows), column_scale(columns);
  for (double& scale : row_scale) scale = std::exp(0.25 * rng.normal());
  for (double& scale : column_scale) scale = std::exp(0.15 * rng.normal());
  std::vector<float> size;
  for (const double r : row_scale) {
    for (const double c : column_scale) {
      size.push_back(static_cast<float>(std::abs(rng.normal() * r * c)));
    }
  }
  std::vector<float> sorted = size;
  const auto kept = static_cast<std::ptrdiff_t>(density * static_cast<double>(size.size()));
  std::nth_element(sorted.begin(), sorted.end() - kept, sorted.end());
  const float threshold = *(sorted.end() - kept);
  workload::Mask mask(rows, columns);
  for (std::size_t i = 0; i < size.size(); ++i) {
    if (size[i] < threshold) continue;
    mask.keep(static_cast<std::uint32_t>(i / columns), static_cast<std::uint32_t>(i % columns));
  }
  return mask;
}

}  // namespace sim::testing
