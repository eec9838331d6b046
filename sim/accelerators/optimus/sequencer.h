#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/schedule.h"
#include "sim/accelerators/optimus/tile_chooser.h"
#include "sim/accelerators/optimus/unit.h"
#include "sim/accelerators/optimus/zero_inputs.h"

namespace sim::optimus {

/// Issues the commands of sentence after sentence to the units: encoder and cross-attention K and
/// V, then one decoding step after the other, the first of which computes a prompt if there is one.
/// A step is issued when the arg-max of the step before is known, because it starts with that
/// token. Of a program of products it issues one after the other, the next when the results of the
/// one before are written.
class Sequencer : public sc_core::sc_module {
 public:
  using Issue = std::function<void(const Command&)>;
  using StepDone = std::function<void(std::size_t sentence, std::uint64_t cycle)>;

  /// `issue` hands a command to its unit; `step_done` is told after each step, of a sentence
  /// without steps once, and may throw to end the run. `nonzero` is asked once for each sparse
  /// layer of each sentence; none: no input is zero.
  Sequencer(const sc_core::sc_module_name& name, Context& context, const Config& config,
            std::vector<SentenceLengths> sentences, NonzeroInputs nonzero, Issue issue,
            StepDone step_done);

  bool finished() const { return finished_; }
  const std::vector<SentenceTiming>& timings() const { return timings_; }
  /// Adds executions of each layer, and positions computed and multiply-accumulates skipped in all
  /// of them.
  void add_to(std::vector<LayerRecord>& layers) const;
  std::string state() const;

 private:
  SC_HAS_PROCESS(Sequencer);
  void main();
  void run(std::size_t sentence);
  void work_on(std::size_t sentence);
  /// Issues them and waits until all are complete.
  void run_all(std::vector<Command> commands, std::size_t sentence);
  void take_nonzero_inputs(Command& command, std::size_t sentence);
  void issue_all(const std::vector<Command>& commands);
  void wait_all(const std::vector<Command>& commands);

  Context& context_;
  const Config& config_;
  std::vector<SentenceLengths> sentences_;
  TileChooser tiles_;
  NonzeroInputs nonzero_;
  std::vector<std::optional<std::shared_ptr<const workload::Mask>>> inputs_;  // of this sentence
  Issue issue_;
  StepDone step_done_;
  std::vector<SentenceTiming> timings_;
  std::vector<std::uint64_t> executions_;  // of each layer
  std::vector<std::uint64_t> tokens_;
  std::vector<std::uint64_t> skipped_macs_;
  bool finished_ = false;
};

}  // namespace sim::optimus
