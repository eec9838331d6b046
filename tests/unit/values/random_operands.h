#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/base/rng.h"
#include "sim/reference/tensor.h"
#include "sim/workload/network_operators.h"

namespace sim::values {

/// Cases of each kind of operator.
constexpr int kCasesOfAKind = 1000;

/// Random operands of small operators. A third of all cases draws values from the ends of their
/// ranges only, and another third of all sizes is 1.
class Operands {
 public:
  explicit Operands(int seed) : rng_(static_cast<std::uint64_t>(seed)), extreme_(seed % 3 == 0) {}

  std::int64_t between(std::int64_t low, std::int64_t high) {
    if (extreme_ && rng_.below(2) == 0) return rng_.below(2) == 0 ? low : high;
    return low + static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(high - low + 1)));
  }
  std::uint32_t size(std::uint32_t most) {
    return rng_.below(3) == 0 ? 1 : 1 + static_cast<std::uint32_t>(rng_.below(most));
  }
  std::uint32_t upto(std::uint32_t most) {
    return static_cast<std::uint32_t>(rng_.below(most + 1));
  }
  bool maybe() { return rng_.below(2) == 0; }

  /// Below 2^bits; as often small as large.
  std::int32_t multiplier(int bits) {
    const auto width = between(1, bits);
    return static_cast<std::int32_t>(between(0, (std::int64_t{1} << width) - 1));
  }
  /// Mostly one that makes int8 of values of so many bits, else any.
  std::uint32_t shift(int bits) {
    const std::int64_t fitting = std::clamp(bits - 7, 1, 62);
    return static_cast<std::uint32_t>(
        rng_.below(4) == 0 ? between(1, 62)
                           : std::clamp<std::int64_t>(fitting + between(-3, 3), 1, 62));
  }

  reference::Int8Tensor bytes(std::vector<std::uint32_t> shape, std::int64_t low = -128,
                              std::int64_t high = 127) {
    reference::Int8Tensor out(std::move(shape));
    for (auto& b : out.data) b = static_cast<std::int8_t>(between(low, high));
    return out;
  }
  std::vector<std::int32_t> words(std::size_t n, std::int64_t low, std::int64_t high) {
    std::vector<std::int32_t> out(n);
    for (auto& w : out) w = static_cast<std::int32_t>(between(low, high));
    return out;
  }
  std::vector<std::uint16_t> halves(std::size_t n) {
    std::vector<std::uint16_t> out(n);
    for (auto& h : out) h = static_cast<std::uint16_t>(between(0, 65535));
    return out;
  }

 private:
  base::Rng rng_;
  bool extreme_;
};

/// Weights with the tensors that they point to.
struct OwnedWeights {
  OwnedWeights(Operands& draw, std::uint32_t outputs, std::uint32_t inputs, int least_shift = 1)
      : weight(draw.bytes({outputs, inputs})) {
    const bool small_bias = draw.maybe();
    const std::int64_t most = small_bias ? 1000 : std::int64_t{1} << 30;
    bias = draw.words(outputs, -most, most);
    multipliers = draw.words(outputs, 0, 2147483647);
    // Sums of n products of int8 have some 13 bits and half of those of n.
    const int bits = 31 + (small_bias ? 16 : 30);
    view = {.weight = weight.data,
            .bias = bias,
            .multipliers = multipliers,
            .outputs = outputs,
            .inputs = inputs,
            .shift = std::max(draw.shift(bits), static_cast<std::uint32_t>(least_shift)),
            .relu = draw.maybe()};
  }
  OwnedWeights(const OwnedWeights&) = delete;
  OwnedWeights& operator=(const OwnedWeights&) = delete;

  reference::Int8Tensor weight;
  std::vector<std::int32_t> bias;
  std::vector<std::int32_t> multipliers;
  workload::Weights view;
};

}  // namespace sim::values
