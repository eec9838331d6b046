#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>

#include "sim/workload/kinds/network/lowering.h"
#include "sim/workload/sparsity.h"

namespace sim::workload::network {

// Ways to draw a tensor. Each has a random stream of its own, from the seed and a name.

/// Even from -most to most.
Fill even_int8(std::uint64_t seed, const std::string& stream, std::int32_t most);
/// Even from least to most.
Fill even_int32(std::uint64_t seed, const std::string& stream, std::int32_t least,
                std::int32_t most);
/// A trace's bits of a mask.
Fill bits_of(std::function<Mask()> mask);
/// 0 where the mask drops a weight.
Fill masked(Fill weights, std::function<Mask()> mask);
/// Cosine or sine, times `one`, of the angles of rotary positions: pairs of a row l turn by
/// l * 10000^(-p / pairs).
Fill rotation(std::uint64_t pairs, std::int32_t one, bool sine);

/// Values that are not drawn.
template <class Values>
Fill copy_of(const Values& values) {
  return [values](std::span<std::byte> bytes) {
    std::memcpy(bytes.data(), values.data(), bytes.size());
  };
}

}  // namespace sim::workload::network
