#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace poetbin {

/// Binary features, one row of `stride` bytes a sample; feature f is bit f % 8 of byte f / 8.
struct PackedFeatures {
  const std::uint8_t* bits;
  std::size_t stride;

  const std::uint8_t* row(std::uint32_t sample) const { return bits + sample * stride; }
  bool value(std::uint32_t sample, std::size_t feature) const {
    return ((row(sample)[feature / 8] >> (feature % 8)) & 1) != 0;
  }
};

/// Adds to sums[f], for each feature f, the weights of those samples that have the feature set.
/// sums has 8 * stride entries.
void add_weights_of_set_features(const PackedFeatures& features,
                                 std::span<const std::uint64_t> weights,
                                 std::span<const std::uint32_t> samples,
                                 std::span<std::uint64_t> sums);

}  // namespace poetbin
