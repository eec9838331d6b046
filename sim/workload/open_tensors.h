#pragma once

#include <memory>
#include <string>

#include "sim/base/memory.h"
#include "sim/workload/tensor_file.h"

namespace sim::workload {

/// What the reader of a format makes of a file beside unpacked rows of bits.
using ReaderNeed = base::MemoryNeed (*)(const Safetensors&);

/// Reads a trace or a LUT program, unless the file, or what is to be unpacked from it, exceeds the
/// limit: base::MemoryError. Else throws as TensorFile does.
std::shared_ptr<const TensorFile> open_tensors(const std::string& path,
                                               const base::MemoryLimit& limit,
                                               ReaderNeed reader_need = nullptr);

}  // namespace sim::workload
