#pragma once

#include <vector>

#include "sim/accelerators/dnnguard/convolution_sequence.h"
#include "sim/base/rng.h"

namespace sim::dnnguard::test {

using workload::nvdla::Layer;

/// nv_small, nv_small_256, nv_large and an array of none of their proportions.
std::vector<ConvolutionMachine> machines();

/// Entries of the convolution buffer that a line takes, of a cube or of pixels of four bytes.
std::uint32_t line_entries(const ArrayGeometry& g, const workload::nvdla::Convolution& c);

/// A small layer that the buffer holds: a cube or pixels, with or without operands.
Layer random_layer(const ConvolutionMachine& machine, base::Rng& rng);
/// One to three of them that may keep and reuse each other's data or weights.
std::vector<ConvolutionStep> random_layers(const ConvolutionMachine& machine, base::Rng& rng);
ReadMemory random_memory(base::Rng& rng);

/// All cycles one by one.
std::vector<ConvolutionCounts> ticked(const ConvolutionMachine& machine, const ReadMemory& memory,
                                      const std::vector<ConvolutionStep>& layers);

}  // namespace sim::dnnguard::test
