#pragma once

#include <cstdint>

#include "sim/base/memory.h"
#include "sim/workload/safetensors.h"

namespace sim::workload {

// What loading holds in memory, from shapes alone: bounds from above.

/// Rows of bits, each in whole words.
std::uint64_t rows_bytes(std::uint64_t rows, std::uint64_t bits);

/// A file's header and the rows of bits that are unpacked from its tensors.
base::MemoryNeed unpacking_need(const Safetensors& file, std::uint64_t file_bytes);

}  // namespace sim::workload
