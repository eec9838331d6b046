#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/rng.h"
#include "sim/workload/masks.h"
#include "sim/workload/network.h"

namespace sim::workload::transformer {

/// What a weight matrix does, from the end of its operator's name: q, k, v, out, linear1, linear2,
/// generator.
std::string_view role_of(std::string_view operator_name);

/// How unevenly the kept weights of some matrices lie: quantiles of the density of rows and of
/// columns, averaged over the matrices, and the share that is kept in all.
struct MaskProfile {
  std::vector<double> row_quantiles;  // ascending
  std::vector<double> column_quantiles;
  double density = 0;
};

/// The profiles of a model's matrices by role.
std::map<std::string, MaskProfile, std::less<>> measure_masks(const Network& model);

/// Scales of a matrix of any size with the profile: its rows take evenly spaced quantiles, in an
/// order drawn from the generator; columns likewise. A density of the sample scatters more than the
/// one behind it (by the binomial deviation), so a small model gives slightly wider profiles.
MaskScales profile_scales(base::Rng& rng, const MaskProfile& profile, std::uint32_t rows,
                          std::uint32_t columns);

}  // namespace sim::workload::transformer
