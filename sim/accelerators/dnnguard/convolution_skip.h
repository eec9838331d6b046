#pragma once

#include <vector>

#include "sim/accelerators/dnnguard/convolution_sequence.h"

namespace sim::dnnguard {

/// The counts of ConvolutionTick, equal to the last one. It steps from channel operation to channel
/// operation, takes runs of evenly spaced reads at once, and goes beat by beat only where reads
/// wait for each other: behind a memory that has more beats on their way than are allowed, where a
/// cube comes faster than its path takes it, and for operands (those of a stage and an output as
/// well).
std::vector<ConvolutionCounts> convolution_skip(const ConvolutionMachine& machine,
                                                const ReadMemory& memory,
                                                const std::vector<ConvolutionStep>& layers);

}  // namespace sim::dnnguard
