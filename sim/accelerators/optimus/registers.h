#pragma once

#include <cstdint>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/base/check.h"

namespace sim::optimus {

// Flip-flops of pipelines, in bits. Each operation (a multiply-accumulate, an element that passes a
// lane) writes a word into each of its stages; half of the word's bits change: an estimate, that of
// data without order.

/// Of a MAC: weight, activation, product and sum in flight.
constexpr std::uint64_t mac_pipeline_bits(const Precision& p) {
  return p.weight_bits + p.activation_bits + std::uint64_t{2} * p.accumulator_bits;
}

/// Of a lane of soft-max or add+norm with so many stages: all but the last are in front of the
/// requantisation and as wide as an accumulator, the last holds an activation. A stage belongs to
/// one of the lane's passes, so that an element goes through each once.
constexpr std::uint64_t lane_pipeline_bits(const Precision& p, std::uint32_t stages) {
  return stages == 0 ? 0 : std::uint64_t{stages - 1} * p.accumulator_bits + p.activation_bits;
}

/// Of a lane of the write port: a sum in front of the requantisation, an activation behind it.
constexpr std::uint64_t write_lane_bits(const Precision& p) {
  return p.accumulator_bits + p.activation_bits;
}

/// Control of a MAC, an estimate: the address of a word of its weight bank, the column that its
/// list is at and the slot of its entry, each as wide as the program needs.
std::uint64_t mac_control_bits(const Program& program, const Config& config);

/// Of the sequencer, an estimate: of the command of each unit that executes some, its layer,
/// tokens, tile, keys and position, 16 bits each. Array, soft-max, add+norm and embedder are in
/// every machine.
inline std::uint64_t sequencer_bits(const Program& program) {
  const std::uint64_t units = program.uses(UnitId::kElementwise) ? 5 : 4;
  return units * 5 * 16;
}

/// Bits that change when `operations` pass through `bits` of registers each.
inline std::uint64_t toggles(std::uint64_t operations, std::uint64_t bits) {
  return base::checked_mul(operations, bits) / 2;
}

}  // namespace sim::optimus
