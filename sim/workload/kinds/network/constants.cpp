#include "sim/workload/kinds/network/constants.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

namespace sim::workload::network {
namespace {

constexpr double kMostWeight = 127;
constexpr double kMostSum = 1 << 22;  // of the magnitudes of a row's weights; 2^24 is the limit
constexpr double kStep = 32;          // numbers that stand for 1

/// As numbers in `even` between -1 and 1.
const double kEvenDeviation = 1 / std::sqrt(3.0);

double value_of(Function function, double x) {
  switch (function) {
    case Function::kGelu:
      return x * (1 + std::erf(x / std::numbers::sqrt2)) / 2;
    case Function::kSilu:
      return x / (1 + std::exp(-x));
    case Function::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case Function::kTanh:
      return std::tanh(x);
    case Function::kLeakyRelu:
      break;
  }
  return x > 0 ? x : x / 10;
}

}  // namespace

Scale scale_of(double ratio, std::uint32_t bits) {
  int exponent = 0;
  std::frexp(ratio, &exponent);  // ratio < 2^exponent
  const int shift = std::clamp(static_cast<int>(bits) - exponent, 1, 62);
  return {static_cast<std::uint32_t>(std::lround(std::ldexp(ratio, shift))),
          static_cast<std::uint32_t>(shift)};
}

WeightScale weight_scale(std::uint32_t inputs, double density, bool relu) {
  WeightScale w;
  w.most_weight = static_cast<std::int32_t>(std::clamp(2 * kMostSum / inputs, 1.0, kMostWeight));
  const double kept = std::max(1.0, inputs * density);
  const double deviation = kLevel * w.most_weight * kEvenDeviation * std::sqrt(kept);
  w.most_bias = static_cast<std::int32_t>(deviation / 8);
  // ReLU halves the mean square.
  w.scale = scale_of(kLevel * (relu ? std::numbers::sqrt2 : 1) / deviation, 23);
  return w;
}

std::vector<std::uint16_t> softmax_table() {
  std::vector<std::uint16_t> table;
  for (int i = 0; i < 256; ++i) {
    table.push_back(static_cast<std::uint16_t>(std::lround(65535 * std::exp(-i / 16.0))));
  }
  return table;
}

std::array<std::int8_t, 256> activation_table(Function function) {
  const bool bounded = function == Function::kSigmoid || function == Function::kTanh;
  const double scale = bounded ? 127 : kStep * std::numbers::sqrt2;
  std::array<std::int8_t, 256> table{};
  for (int i = 0; i < 256; ++i) {
    const double y = scale * value_of(function, (i - 128) / kStep);
    table[static_cast<std::size_t>(i)] =
        static_cast<std::int8_t>(std::lround(std::clamp(y, -128.0, 127.0)));
  }
  return table;
}

std::vector<std::uint16_t> response_table() {
  std::vector<std::uint16_t> table;
  for (std::uint32_t i = 0; i < kResponseEntries; ++i) {
    table.push_back(static_cast<std::uint16_t>(65535 / std::pow(1 + i / 64.0, 0.75)));
  }
  return table;
}

std::uint32_t response_table_shift(std::uint32_t channels) {
  const auto most = std::uint64_t{channels} * 128 * 128;
  return static_cast<std::uint32_t>(std::bit_width(most / kResponseEntries));
}

}  // namespace sim::workload::network
