#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/accelerators/dnnguard/config.h"
#include "sim/accelerators/dnnguard/program.h"
#include "sim/stats/stats.h"
#include "sim/workload/nvdla_layer.h"

namespace sim::dnnguard {

/// What hardware layers compute and move on chip, whatever their time. An atomic operation sends
/// one pixel's `lanes` channels to all rows, a cycle each (nvdla/doc, hw/v1/ias/unit_description).
struct LayerCounts {
  std::uint64_t macs = 0;               // products with weights of its kernels, padding included
  std::uint64_t atomic_operations = 0;  // each reads an entry of data from the buffer
  std::uint64_t weight_loads = 0;       // of `lanes` weights of a kernel into its MAC cell
  std::uint64_t partial_sums = 0;       // one a kernel of an atomic operation
  std::uint64_t sdp_elements = 0;
  std::uint64_t sdp_products = 0;  // of its stages and its converter
  std::uint64_t sdp_sums = 0;      // the same: sums, differences, comparisons
  std::uint64_t sdp_look_ups = 0;
  std::uint64_t pdp_elements = 0;    // that PDP takes in
  std::uint64_t pdp_operations = 0;  // sums or comparisons
  std::uint64_t cdp_elements = 0;

  friend bool operator==(const LayerCounts&, const LayerCounts&) = default;
};

std::span<const stats::Field<LayerCounts>> layer_count_fields();

LayerCounts counts_of(const workload::nvdla::Layer& layer, const Config& config);
/// Of all layers of a program, in order.
std::vector<LayerCounts> counts_of(const Program& program, const Config& config);

}  // namespace sim::dnnguard
