#pragma once

#include <vector>

#include "sim/accelerators/dnnguard/convolution_work.h"

namespace sim::dnnguard {

/// A layer and the cycle in which its OP_ENABLE is written; earlier than its register group is free
/// counts as when that is.
struct ConvolutionStep {
  ConvolutionWork work;
  Cycle enabled = 0;
};

/// The layers with data and weights kept only where the next layer reuses them. Refuses a reuse of
/// what the layer before does not leave in the same banks, and weights that do not fit in theirs.
std::vector<ConvolutionStep> linked(std::vector<ConvolutionStep> layers);

}  // namespace sim::dnnguard
