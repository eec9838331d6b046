#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/reference/tensor.h"

namespace sim::reference {

inline Int8Tensor tensor(std::vector<std::uint32_t> shape, std::vector<std::int8_t> data) {
  Int8Tensor t(std::move(shape));
  t.data = std::move(data);
  return t;
}

/// A table for softmax that halves: e(0) = 65535, e(1) = 32767, e(2) = 16383, ...
inline std::array<std::uint16_t, 256> halving_softmax_table() {
  std::array<std::uint16_t, 256> table{};
  for (std::size_t i = 0; i <= 16; ++i) table[i] = static_cast<std::uint16_t>(65535U >> i);
  return table;
}

}  // namespace sim::reference
