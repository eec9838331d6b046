#pragma once

#include <cstdint>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"

namespace sim::optimus {

/// Bytes in use at the fullest moment, for sentences of at most so many tokens; for products by
/// themselves, inputs and outputs of all vectors of one.
struct StoreNeeds {
  std::uint64_t global_buffer =
      0;                       // outputs from the layers that make them to those that read them
  std::uint64_t kv_store = 0;  // K and V
};
StoreNeeds store_needs(const Program& program, const Config& config, std::uint32_t source_tokens,
                       std::uint32_t target_tokens);

/// Refuses a workload that does not fit (base::ConfigError naming the key and what it would take):
/// in the global buffer every output from the layer that makes it to the last that reads it, in the
/// K/V store K and V of a sentence, the fullest bank of weights and of column marks, embedding
/// tables that are on chip; in a DRAM with banks, whose size is known, what is read from it.
/// `source_tokens` and `target_tokens` are the largest of the workload.
void check_capacity(const Program& program, const Config& config, std::uint32_t source_tokens,
                    std::uint32_t target_tokens);

}  // namespace sim::optimus
