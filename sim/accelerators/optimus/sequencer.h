#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <systemc>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/schedule.h"
#include "sim/accelerators/optimus/tile_chooser.h"
#include "sim/accelerators/optimus/unit.h"

namespace sim::optimus {

/// Issues the commands of sentence after sentence to the units: encoder and cross-attention K and
/// V, then one decoding step after the other. A step is issued when the arg-max of the step before
/// is known, because it starts with that token.
class Sequencer : public sc_core::sc_module {
 public:
  using Issue = std::function<void(const Command&)>;
  using StepDone = std::function<void(std::size_t sentence, std::uint64_t cycle)>;

  /// `issue` hands a command to its unit; `step_done` is told after each step and may throw to end
  /// the run.
  Sequencer(const sc_core::sc_module_name& name, Context& context, const Config& config,
            std::vector<SentenceLengths> sentences, Issue issue, StepDone step_done);

  bool finished() const { return finished_; }
  const std::vector<SentenceTiming>& timings() const { return timings_; }
  /// Adds executions, and positions computed in all of them, of each layer.
  void add_to(std::vector<LayerRecord>& layers) const;
  std::string state() const;

 private:
  SC_HAS_PROCESS(Sequencer);
  void main();
  void run(std::size_t sentence);
  void issue_all(const std::vector<Command>& commands);
  void wait_all(const std::vector<Command>& commands);

  Context& context_;
  const Config& config_;
  std::vector<SentenceLengths> sentences_;
  TileChooser tiles_;
  Issue issue_;
  StepDone step_done_;
  std::vector<SentenceTiming> timings_;
  std::vector<std::uint64_t> executions_;  // of each layer
  std::vector<std::uint64_t> tokens_;
  bool finished_ = false;
};

}  // namespace sim::optimus
