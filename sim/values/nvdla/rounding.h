#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/workload/nvdla_layer.h"

namespace sim::values::nvdla {

__extension__ typedef __int128 Int128;  // what a table's slope times a distance needs

/// v / 2^shift to the nearest integer, ties away from zero.
constexpr std::int64_t rounded(std::int64_t v, std::uint32_t shift) {
  if (shift == 0) return v;
  if (shift > 63) return 0;
  const auto magnitude = v < 0 ? ~static_cast<std::uint64_t>(v) + 1 : static_cast<std::uint64_t>(v);
  const auto quotient = static_cast<std::int64_t>(((magnitude >> (shift - 1)) + 1) >> 1);
  return v < 0 ? -quotient : quotient;
}

constexpr Int128 rounded_wide(Int128 v, std::uint32_t shift) {
  if (shift == 0) return v;
  const Int128 half = Int128{1} << (shift - 1);
  return v < 0 ? -((-v + half) >> shift) : (v + half) >> shift;
}

/// The nearest number that `bits` hold in two's complement.
constexpr std::int64_t saturated(std::int64_t v, std::uint32_t bits) {
  const std::int64_t end = std::int64_t{1} << (bits - 1);
  return std::clamp(v, -end, end - 1);
}

/// (v - offset) * scale / 2^shift within `bits`.
constexpr std::int64_t converted(std::int64_t v, const workload::nvdla::Converter& c,
                                 std::uint32_t bits) {
  return saturated(rounded((v - c.offset) * c.scale, c.shift), bits);
}

/// The low `bits` as a number with a sign.
constexpr std::int64_t wrapped(std::int64_t v, std::uint32_t bits) {
  const std::uint32_t unused = 64 - bits;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(v) << unused) >> unused;
}

}  // namespace sim::values::nvdla
