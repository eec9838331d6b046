#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/dram_fetch.h"
#include "sim/accelerators/optimus/dram_layout.h"
#include "sim/accelerators/optimus/lane_units.h"
#include "sim/accelerators/optimus/mac_array.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/accelerators/optimus/run_record.h"
#include "sim/accelerators/optimus/sequencer.h"
#include "sim/accelerators/optimus/weight_fetch.h"
#include "sim/accelerators/optimus/write_port.h"
#include "sim/accelerators/optimus/zero_inputs.h"
#include "sim/core/accelerator.h"
#include "sim/hw/scoreboard.h"

namespace sim::optimus {

struct MachineOptions {
  core::Engine engine = core::Engine::kSkip;
  bool reuse = true;  // see make_mac_array_engine
  NonzeroInputs nonzero{};
};

/// What reads from DRAM, as far as the configuration has a use for it.
struct DramParts {
  DramParts(const Program& program, const Config& config, core::Engine engine,
            stats::Timeline* timeline);

  WeightFetch* weights_or_null() { return weights ? &*weights : nullptr; }
  /// Of the embedder.
  DramFetch* tables_or_null(const Config& config) {
    return config.memories.tables_in_dram() ? &*fetch : nullptr;
  }
  const DramLayout* layout_or_null() const { return layout ? &*layout : nullptr; }

  std::optional<DramLayout> layout{};
  std::optional<DramFetch> fetch{};
  std::optional<WeightFetch> weights{};
};

/// OPTIMUS: the units and how they are connected.
///
///   sequencer ─commands─► embedder, MAC array, soft-max, add+norm, elementwise unit
///                            MAC array ─results─► write port
///   embedder, MAC array ◄─tables, streamed weights─ DRAM, one at a time
///   all units ─completed parts─► scoreboard ─► units that wait for them, sequencer
class Machine : public sc_core::sc_module {
 public:
  Machine(const sc_core::sc_module_name& name, const Program& program, const Config& config,
          const MachineOptions& options, std::vector<SentenceLengths> sentences,
          Sequencer::StepDone step_done, stats::Timeline* timeline);

  /// Runs all sentences; base::SimulationError when it gets stuck or reaches max_cycles, or what
  /// `step_done` threw.
  void simulate(std::optional<std::uint64_t> max_cycles);
  /// What was counted; complete after simulate().
  RunRecord record();

 private:
  void issue(const Command& command);
  std::string states() const;

  hw::Scoreboard board_{"scoreboard"};
  Context context_;
  DramParts dram_;
  WritePort write_port_;
  MacArray mac_array_;
  Embedder embedder_;
  SoftmaxUnit softmax_;
  AddNormUnit add_norm_;
  std::optional<ElementwiseUnit> elementwise_;  // if the program has a use for it
  Sequencer sequencer_;
};

}  // namespace sim::optimus
