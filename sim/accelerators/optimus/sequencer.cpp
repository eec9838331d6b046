#include "sim/accelerators/optimus/sequencer.h"

#include <fmt/format.h>

#include <utility>

#include "sim/hw/clock.h"
#include "sim/hw/process_guard.h"

namespace sim::optimus {

Sequencer::Sequencer(const sc_core::sc_module_name& name, Context& context, const Config& config,
                     std::vector<SentenceLengths> sentences, Issue issue, StepDone step_done)
    : sc_module(name),
      context_(context),
      config_(config),
      sentences_(std::move(sentences)),
      tiles_(context.program, config),
      issue_(std::move(issue)),
      step_done_(std::move(step_done)),
      executions_(context.program.layers.size()),
      tokens_(context.program.layers.size()) {
  SC_THREAD(main);
}

void Sequencer::add_to(std::vector<LayerRecord>& layers) const {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layers[i].executions = executions_[i];
    layers[i].tokens = tokens_[i];
  }
}

void Sequencer::main() {
  hw::guard_process(context_.failure, [this] {
    for (std::size_t i = 0; i < sentences_.size(); ++i) run(i);
    finished_ = true;
    sc_core::sc_stop();
  });
}

void Sequencer::run(std::size_t sentence) {
  const SentenceLengths& lengths = sentences_[sentence];
  timings_.push_back({.lengths = lengths, .begin = hw::now()});
  context_.board.clear();
  Schedule schedule(context_.program, config_, tiles_, lengths.source_tokens);
  const std::vector<Command> start = schedule.start();
  issue_all(start);
  wait_all(start);
  timings_.back().decoder_begin = hw::now();
  for (std::uint32_t t = 1; t <= lengths.target_tokens; ++t) {
    const std::vector<Command> step = schedule.step(t);
    issue_all(step);
    wait_all(step);
    step_done_(sentence, hw::now());
  }
  timings_.back().end = hw::now();
}

void Sequencer::issue_all(const std::vector<Command>& commands) {
  for (const Command& command : commands) {
    const Layer& layer = context_.program.layers[command.layer];
    const std::uint32_t id = context_.board.add(parts_of(command, layer, config_));
    SIM_CHECK(id == command.id, "command {} is number {} on the scoreboard", command.id, id);
    ++executions_[command.layer];
    tokens_[command.layer] += command.tokens;
    issue_(command);
  }
}

void Sequencer::wait_all(const std::vector<Command>& commands) {
  std::vector<std::uint32_t> ids;
  ids.reserve(commands.size());
  for (const Command& command : commands) ids.push_back(command.id);
  context_.board.wait_complete(ids);
}

std::string Sequencer::state() const {
  if (finished_) return "finished";
  return fmt::format("sentence {} of {}", timings_.size(), sentences_.size());
}

}  // namespace sim::optimus
