#pragma once

#include <cstdint>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"

namespace sim::optimus {

/// Refuses a workload that does not fit (base::ConfigError naming the key and what it would take):
/// activations of the largest layer with its residual in the global buffer, K and V of all decoder
/// layers in the K/V store, the fullest weight bank. `source_tokens` and `target_tokens` are the
/// largest of the workload.
void check_capacity(const Program& program, const Config& config, std::uint32_t source_tokens,
                    std::uint32_t target_tokens);

}  // namespace sim::optimus
