#include "sim/workload/kinds/transformer/mask_profile.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sim::workload::transformer {
namespace {

constexpr std::size_t kQuantiles = 256;

/// Value at `position` in [0, 1] of ascending values, linear between them; value i stands at
/// (i + 1/2) / size.
double quantile(const std::vector<double>& values, double position) {
  const double last = static_cast<double>(values.size() - 1);
  const double at = std::clamp(position * static_cast<double>(values.size()) - 0.5, 0.0, last);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  const double part = at - static_cast<double>(below);
  return values[below] * (1 - part) + values[above] * part;
}

std::vector<double> resample(const std::vector<double>& values, std::size_t count) {
  std::vector<double> result(count);
  for (std::size_t i = 0; i < count; ++i) {
    result[i] = quantile(values, (static_cast<double>(i) + 0.5) / static_cast<double>(count));
  }
  return result;
}

std::vector<double> row_densities(const Mask& mask) {
  std::vector<double> densities(mask.rows());
  for (std::uint32_t r = 0; r < mask.rows(); ++r) {
    densities[r] = double{1} * mask.count_row(r) / mask.columns();
  }
  return densities;
}

std::vector<double> column_densities(const Mask& mask) {
  std::vector<double> densities(mask.columns());
  for (std::uint32_t r = 0; r < mask.rows(); ++r) {
    for (std::uint32_t c = 0; c < mask.columns(); ++c) densities[c] += mask.kept(r, c);
  }
  for (double& density : densities) density /= mask.rows();
  return densities;
}

/// Adds the quantiles of `values`, weighted by `weight`.
void accumulate(std::vector<double>& quantiles, std::vector<double> values, double weight) {
  std::ranges::sort(values);
  const std::vector<double> sample = resample(values, kQuantiles);
  quantiles.resize(kQuantiles);
  for (std::size_t i = 0; i < kQuantiles; ++i) quantiles[i] += weight * sample[i];
}

MaskProfile measure(const std::vector<const Mask*>& masks) {
  MaskProfile profile;
  const double share = 1.0 / static_cast<double>(masks.size());
  double kept = 0;
  double weights = 0;
  for (const Mask* mask : masks) {
    accumulate(profile.row_quantiles, row_densities(*mask), share);
    accumulate(profile.column_quantiles, column_densities(*mask), share);
    kept += static_cast<double>(mask->count());
    weights += double{1} * mask->rows() * mask->columns();
  }
  profile.density = kept / weights;
  return profile;
}

std::vector<double> shuffled_logarithms(base::Rng& rng, const std::vector<double>& quantiles,
                                        std::uint32_t count) {
  std::vector<double> values = resample(quantiles, count);
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[rng.below(i)]);
  for (double& value : values) value = std::log(value);  // of 0: minus infinity, clamped later
  return values;
}

}  // namespace

std::string_view role_of(std::string_view operator_name) {
  return operator_name.substr(operator_name.rfind('.') + 1);  // npos + 1 is 0
}

std::map<std::string, MaskProfile, std::less<>> measure_masks(const Network& model) {
  std::map<std::string, std::vector<const Mask*>> by_role;
  for (const Operator& op : model.operators) {
    if (op.mask) by_role[std::string(role_of(op.name))].push_back(op.mask.get());
  }
  std::map<std::string, MaskProfile, std::less<>> profiles;
  for (const auto& [role, masks] : by_role) profiles.emplace(role, measure(masks));
  return profiles;
}

MaskScales profile_scales(base::Rng& rng, const MaskProfile& profile, std::uint32_t rows,
                          std::uint32_t columns) {
  MaskScales scales;
  scales.rows = shuffled_logarithms(rng, profile.row_quantiles, rows);
  scales.columns = shuffled_logarithms(rng, profile.column_quantiles, columns);
  return scales;
}

}  // namespace sim::workload::transformer
