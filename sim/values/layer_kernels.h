#pragma once

#include <cstdint>
#include <span>

#include "sim/workload/network_operators.h"

/// Fast kernels of the operators that work on tokens row by row, equal to sim/reference/layers.h
/// bit by bit. Rows lie one after the other; inputs and outputs do not overlap, and the caller owns
/// both. Constants and sizes are those that docs/trace-format.md allows.
namespace sim::values {

/// Rows from `first_position` on; tokens: those rows' only, each below op.pieces.
void embedding(const workload::Embedding& op, std::span<const std::int32_t> tokens,
               std::uint32_t first_position, std::int8_t* y);

/// x: [rows, inputs], y: [rows, outputs].
void linear(const workload::Linear& op, std::uint32_t rows, const std::int8_t* x, std::int8_t* y);
void logits(const workload::Logits& op, std::uint32_t rows, const std::int8_t* x, std::int32_t* y);

/// x, y, out: [rows, features]; y is null where there is no second input.
void norm(const workload::Norm& op, std::uint32_t rows, std::uint32_t features,
          const std::int8_t* x, const std::int8_t* y, std::int8_t* out);

/// x, y: [rows, features], the rows from position `first_position` on.
void rotary(const workload::Rotary& op, std::uint32_t first_position, std::uint32_t rows,
            std::uint32_t features, const std::int8_t* x, std::int8_t* y);

}  // namespace sim::values
