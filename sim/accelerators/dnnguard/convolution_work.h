#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/accelerators/dnnguard/array_geometry.h"
#include "sim/accelerators/dnnguard/convolution_timing.h"
#include "sim/workload/nvdla_layer.h"

namespace sim::dnnguard {

/// What the time of a convolution depends on besides the sizes of the array.
struct ConvolutionMachine {
  ArrayGeometry geometry;
  std::uint32_t sdp_elements = 16;    // that SDP takes in a cycle
  std::uint32_t operand_beats = 256;  // in flight to a stage of SDP
  std::uint32_t excess_beats = 0;  // of weights that are read beyond their banks (RTL of nv_small)
  std::uint32_t pdp_elements = 8;  // that PDP takes in a cycle
  Cycle pdp_delay = 17;            // an input of PDP to the write of the output it completes

  /// Cycles that SDP takes for the outputs of one atomic operation.
  Cycle sdp_interval() const { return geometry.rows / sdp_elements + 1; }
  /// Outputs of atomic operations that the accumulator's delivery buffer holds (NV_NVDLA_CACC.h).
  std::uint32_t delivery_depth() const {
    return (geometry.lanes == 4 * geometry.rows ? 4 : 2) * geometry.rows;
  }
  /// Least time of a stripe: the weights of the next are loaded meanwhile, a kernel a cycle.
  std::uint32_t weight_port_cycles() const { return geometry.rows; }
};

constexpr ConvolutionMachine kNvSmallConvolution = {.geometry = kNvSmall,
                                                    .sdp_elements = 1,
                                                    .operand_beats = 16,
                                                    .excess_beats = 8,
                                                    .pdp_elements = 1,
                                                    .pdp_delay = 14};
constexpr ConvolutionMachine kNvSmall256Convolution = {.geometry = kNvSmall256,
                                                       .sdp_elements = 1,
                                                       .operand_beats = 16,
                                                       .excess_beats = 0,
                                                       .pdp_elements = 1,
                                                       .pdp_delay = 14};
constexpr ConvolutionMachine kNvLargeConvolution = {.geometry = kNvLarge};

/// Beats of a cube that its path into the buffer takes together.
struct DataBlock {
  std::uint64_t beats = 0;
  Cycle cycles = 0;
};

/// Operands that a stage of SDP reads from memory.
struct OperandWork {
  std::uint64_t beats = 0;          // in all, 0: none
  std::uint64_t bytes_of_step = 0;  // for the outputs of one atomic operation
  std::uint32_t beat_bytes = 1;
  std::uint64_t step_outputs = 1;  // atomic operations that share these bytes
  std::uint64_t capacity = 0;      // beats in flight and in the stage

  std::uint64_t needed(std::uint64_t output) const;     // beats for outputs 0 to `output`
  std::uint64_t finished(std::uint64_t outputs) const;  // beats that the first `outputs` used up
  /// A stage puts the beats of an output together, one a cycle, while the one before waits.
  Cycle assembly() const;
};

/// A hardware layer as the convolution units see it: counts, no times.
struct ConvolutionWork {
  std::uint64_t data_beats = 0;  // to read, 0: reused
  bool pixels = false;
  Cycle data_lead = 0;            // to the first data behind the first weights
  std::vector<DataBlock> blocks;  // of a line of a cube
  bool slow_end = false;          // three or four surfaces in the last
  std::uint64_t data_entries = 0;
  std::uint64_t data_capacity = 0;  // entries
  std::uint32_t data_banks = 0;
  bool keep_data = false;

  std::uint64_t weight_beats = 0;        // of the layer
  bool reuse_weights = false;            // they are in the buffer
  std::vector<std::uint64_t> group_end;  // weight beats of the first groups
  std::vector<Cycle> group_load;         // of each group: cycles to load a first stripe's weights
  std::uint64_t weight_capacity = 0;     // beats
  std::uint32_t weight_banks = 0;
  bool keep_weights = false;

  std::uint64_t steps = 0;             // stripes of a channel operation
  std::vector<std::uint32_t> stripes;  // lengths, of each channel operation of a group
  std::uint64_t group_outputs = 0;     // atomic operations that deliver outputs
  std::array<OperandWork, 3> operands;
  Cycle pool_interval = 0;  // from an output to the next that PDP behind SDP takes
  // The outputs behind which the first and the last beat are written, and how long after SDP or PDP
  // took them, besides times::kSdp.
  std::uint64_t first_written = 0;
  std::uint64_t last_written = 0;
  Cycle delay = 0;
  Cycle last_delay = 0;
  std::uint64_t writes = 0;

  std::uint64_t fetched_weights() const { return reuse_weights ? 0 : weight_beats; }
  std::uint64_t outputs() const { return group_outputs * group_end.size(); }
  std::uint64_t group_beats(std::size_t g) const {
    return group_end[g] - (g == 0 ? 0 : group_end[g - 1]);
  }
};

/// Refuses what the buffer cannot hold and what is no convolution.
ConvolutionWork convolution_work(const ConvolutionMachine& machine,
                                 const workload::nvdla::Layer& layer);

}  // namespace sim::dnnguard
