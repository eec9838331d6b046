#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/rng.h"
#include "sim/workload/sparsity.h"

namespace sim::workload {

/// How likely a weight is kept, given x = row scale + column scale + s, both scales logarithms.
/// draw_mask() solves s so that the mean over all weights is the density.
enum class KeepLaw {
  kProportional,  // min(1, e^x): row profile x column profile
  kMagnitude      // P(|N(0, e^x)| > 1): what magnitude pruning keeps of Gaussian weights
};

/// Natural logarithms of relative scales: one value a row, one a column.
struct MaskScales {
  std::vector<double> rows;
  std::vector<double> columns;
};

/// Every weight with the same probability.
MaskScales even_scales(std::uint32_t rows, std::uint32_t columns);

/// Log-normal scales: normal logarithms with the given standard deviations.
MaskScales log_normal_scales(base::Rng& rng, std::uint32_t rows, std::uint32_t columns,
                             double row_sigma, double column_sigma);

/// Keeps each weight on its own with the probability of the law. Scales are rounded to 1/256 and
/// clamped to ±16; probabilities to 2^-32. density in (0, 1]; 1 keeps everything. The work is one
/// random number for two weights.
Mask draw_mask(base::Rng& rng, const MaskScales& scales, KeepLaw law, double density);

}  // namespace sim::workload
