#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "sim/workload/network.h"

namespace sim::workload {

/// The mask of a trace, one bit a weight, rows padded to bytes, lowest bit first; refuses pad bits
/// that are set. bytes: rows * ceil(columns / 8). Throws WorkloadError starting with `where`.
Mask unpack_mask(std::span<const std::uint8_t> bytes, std::uint32_t rows, std::uint32_t columns,
                 const std::string& where);

/// Refuses weights outside the mask that are not 0, and rows whose sum of products may leave 32
/// bits: |bias| + 128 * sum |weight| must be below 2^31. weight: [rows, columns]; bias: [rows].
void check_weights(std::span<const std::int8_t> weight, std::span<const std::int32_t> bias,
                   const Mask& mask, const std::string& where);

/// Refuses logits that may leave 32 bits: (reach * multiplier) >> shift must be below 2^31 - 1,
/// reach being the bound of check_weights().
void check_logit_range(const Weights& weights, const std::string& where);

}  // namespace sim::workload
