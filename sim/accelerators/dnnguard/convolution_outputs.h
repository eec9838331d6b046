#pragma once

#include "sim/accelerators/dnnguard/convolution_work.h"

namespace sim::dnnguard {

/// The part of convolution_work that SDP and PDP do: operands, delays, what is written.
void add_outputs(ConvolutionWork& work, const ConvolutionMachine& machine,
                 const workload::nvdla::Layer& layer);

}  // namespace sim::dnnguard
