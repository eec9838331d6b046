#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/workload/kinds/network/layers.h"

/// Constants of a network whose weights are drawn, so that values neither saturate nor vanish:
/// every operator is given numbers of about kLevel in root mean square, and makes such numbers.
namespace sim::workload::network {

constexpr double kLevel = 32;

/// ratio = multiplier / 2^shift, of `bits` bits.
struct Scale {
  std::uint32_t multiplier = 1;
  std::uint32_t shift = 1;
};
Scale scale_of(double ratio, std::uint32_t bits);

/// How the weights of an operator are drawn, and how its sums of products are scaled.
struct WeightScale {
  std::int32_t most_weight = 0;  // weights are even between this and its negative
  std::int32_t most_bias = 0;
  Scale scale;  // multipliers are even within a quarter around its own
};
/// Of outputs that each read `inputs`, a share `density` of them kept.
WeightScale weight_scale(std::uint32_t inputs, double density, bool relu);

/// Even numbers between this and its negative have the level.
constexpr std::int32_t kMostActivation = 55;

std::vector<std::uint16_t> softmax_table();
std::array<std::int8_t, 256> activation_table(Function function);

/// Of local_response_norm over so many channels.
constexpr std::uint32_t kResponseEntries = 256;
constexpr std::uint32_t kResponseShift = 16;
std::vector<std::uint16_t> response_table();
std::uint32_t response_table_shift(std::uint32_t channels);

}  // namespace sim::workload::network
