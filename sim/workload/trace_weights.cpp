#include "sim/workload/trace_weights.h"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>

#include "sim/base/error.h"

namespace sim::workload {
namespace {

[[noreturn]] void fail(const std::string& where, const std::string& message) {
  throw base::WorkloadError(fmt::format("{}: {}", where, message));
}

/// Sum of |weight| over a row, and the first column whose weight is not 0 although the mask drops
/// it.
struct RowCheck {
  std::uint64_t magnitude = 0;
  std::uint32_t stray = 0;
};

RowCheck check_row(std::span<const std::int8_t> weight, const std::uint64_t* mask) {
  RowCheck row{.stray = static_cast<std::uint32_t>(weight.size())};
  for (std::uint32_t c = 0; c < weight.size(); ++c) {
    const bool kept = (mask[c / 64] >> (c % 64)) & 1;
    row.magnitude += static_cast<std::uint64_t>(std::abs(int{weight[c]}));
    if (!kept && weight[c] != 0 && row.stray == weight.size()) row.stray = c;
  }
  return row;
}

/// Largest |sum of products| of a row over all 8-bit inputs.
std::uint64_t reach_of(std::int32_t bias, std::uint64_t magnitude) {
  return static_cast<std::uint64_t>(std::llabs(bias)) + 128 * magnitude;
}

}  // namespace

Mask unpack_mask(std::span<const std::uint8_t> bytes, std::uint32_t rows, std::uint32_t columns,
                 const std::string& where) {
  Mask mask(rows, columns);
  const std::size_t row_bytes = (columns + 7) / 8;
  const unsigned pad = columns % 8 == 0 ? 0 : 0xffu << (columns % 8) & 0xffu;
  for (std::uint32_t r = 0; r < rows; ++r) {
    const auto row = bytes.subspan(r * row_bytes, row_bytes);
    if ((row.back() & pad) != 0) {
      fail(where, fmt::format("mask: row {} has bits set beyond column {}; they must be 0", r,
                              columns - 1));
    }
    std::memcpy(mask.row(r), row.data(), row_bytes);
  }
  return mask;
}

void check_weights(std::span<const std::int8_t> weight, std::span<const std::int32_t> bias,
                   const Mask& mask, const std::string& where) {
  for (std::uint32_t r = 0; r < mask.rows(); ++r) {
    const auto row = weight.subspan(std::size_t{r} * mask.columns(), mask.columns());
    const RowCheck found = check_row(row, mask.row(r));
    if (found.stray != mask.columns()) {
      fail(where, fmt::format("weight [{}, {}] is {} but the mask drops it; must be 0", r,
                              found.stray, row[found.stray]));
    }
    const std::uint64_t reach = reach_of(bias[r], found.magnitude);
    if (reach >= std::uint64_t{1} << 31) {
      fail(where, fmt::format("row {} can reach {}, beyond 32 bits; |bias| + 128 * sum |weight| "
                              "must be below 2^31",
                              r, reach));
    }
  }
}

void check_logit_range(const Weights& weights, const std::string& where) {
  const std::size_t columns = weights.inputs;
  for (std::size_t r = 0; r < weights.bias.size(); ++r) {
    std::uint64_t magnitude = 0;
    for (const std::int8_t w : weights.weight.subspan(r * columns, columns)) {
      magnitude += static_cast<std::uint64_t>(std::abs(int{w}));
    }
    const std::uint64_t scaled =
        reach_of(weights.bias[r], magnitude) * static_cast<std::uint64_t>(weights.multipliers[r]);
    if (scaled >> weights.shift >= (std::uint64_t{1} << 31) - 1) {
      fail(where, fmt::format("logit {} can leave 32 bits; use a smaller multiplier or a larger "
                              "shift",
                              r));
    }
  }
}

}  // namespace sim::workload
