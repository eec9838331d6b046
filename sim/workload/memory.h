#pragma once

#include <cstdint>

#include "sim/base/memory.h"
#include "sim/workload/luts_config.h"
#include "sim/workload/safetensors.h"
#include "sim/workload/workload.h"
#include "sim/workload/workload_config.h"

namespace sim::workload {

// What loading holds in memory, from shapes alone: bounds from above.

/// A file's header and what is unpacked from its tensors: masks, sentences, rows of bits.
base::MemoryNeed unpacking_need(const Safetensors& file, std::uint64_t file_bytes);
/// A Transformer of given shape: its masks, and at least an entry of a machine's lists for each
/// weight that they keep.
base::MemoryNeed transformer_need(const TransformerConfig& config, std::uint64_t sentences);
/// Samples that are drawn.
base::MemoryNeed samples_need(std::uint32_t inputs, std::uint64_t samples);

/// What a loaded workload holds.
base::MemoryNeed held(const Workload& workload);

}  // namespace sim::workload
