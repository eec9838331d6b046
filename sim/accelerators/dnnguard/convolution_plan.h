#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/accelerators/dnnguard/array_geometry.h"
#include "sim/workload/nvdla_layer.h"

namespace sim::dnnguard {

/// Hardware layers that together are one convolution.
///
/// One starts only when its whole input and the weights of its first kernel group are in the
/// buffer, so an input that does not fit is cut into strips of output lines as tall as fit, each a
/// hardware layer that reads its lines again where windows overlap. Then there are two orders of
/// traffic (nvdla/hw, perf/NVDLA_OpenSource_Performance.xlsx):
///  - input kept: strip after strip, each reads all weights;
///  - weights kept: chunk of kernels after chunk, as many as stay in the buffer while all strips
///    pass, each chunk reads the whole input.
/// The plan takes the order and the split of banks that read the fewest bytes.
struct ConvolutionPlan {
  std::vector<workload::nvdla::Layer> layers;
  std::uint64_t data_bytes = 0;    // read of the input
  std::uint64_t weight_bytes = 0;  // read of the weights
};

/// Plans the convolution of `whole`, which states all of it and no banks, and whose SDP writes to
/// memory. Nothing where the input of one output line and a kernel group's weights do not fit.
std::optional<ConvolutionPlan> plan_convolution(const ArrayGeometry& array,
                                                const workload::nvdla::Layer& whole);

/// Whether there is a plan for a convolution of that shape.
bool has_plan(const ArrayGeometry& array, const workload::nvdla::Convolution& shape);

}  // namespace sim::dnnguard
