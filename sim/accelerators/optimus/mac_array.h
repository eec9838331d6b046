#pragma once

#include <memory>
#include <vector>

#include "sim/accelerators/optimus/array_counts.h"
#include "sim/accelerators/optimus/command_unit.h"
#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/mac_array_engine.h"
#include "sim/accelerators/optimus/pass_events.h"
#include "sim/accelerators/optimus/write_port.h"

namespace sim::optimus {

/// N multiply-accumulate units in S sets of m ways, with the weight banks, the input window, the
/// accumulators and the m-way adder. A sparse pass streams while the write port still empties the
/// pass before it; its addition starts when the port is free, because the sums have no other place.
class MacArray final : public CommandUnit {
 public:
  MacArray(const sc_core::sc_module_name& name, Context& context, const Config& config,
           std::unique_ptr<MacArrayEngine> engine, WritePort& output, const WeightFetch* weights);

  void add_to(std::vector<LayerRecord>& layers) const override;

 private:
  void run(const Command& command) override;
  void run_sparse(const Command& command);
  void run_pass(const Command& command, const SparsePass& pass, bool first);
  /// Whose weights a command's last pass asks for: those of the next command, if it is there.
  const EncodedBlock* first_block_of_next() const;
  void run_dense(const Command& command);
  void reduce_and_write(const Command& command, const SparsePass& pass, bool first);
  void wait_for_output(const Command& command);
  void take_counts(const Command& command);
  void count_events(const Command& command, const SparsePass& pass);
  /// Puts on the timeline what was counted since the last call, spread over the cycles since then.
  void record(const Command& command);

  const Config& config_;
  std::unique_ptr<MacArrayEngine> engine_;
  WritePort& output_;
  const WeightFetch* weights_;  // null when they are resident
  PassEvents pass_events_;
  std::vector<ArrayCounts> counts_;  // of each layer
  std::vector<ArrayEvents> events_;
  std::vector<std::uint32_t> tile_tokens_;
  stats::CountSeries<ArrayCounts> count_series_;
  stats::CountSeries<ArrayEvents> event_series_;
  ArrayCounts recorded_counts_;  // of the command's layer
  ArrayEvents recorded_events_;
  std::uint64_t recorded_until_ = 0;
};

}  // namespace sim::optimus
