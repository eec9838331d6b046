#include "sim/accelerators/optimus/sequencer.h"

#include <fmt/format.h>

#include <utility>

#include "sim/hw/clock.h"
#include "sim/hw/process_guard.h"

namespace sim::optimus {

Sequencer::Sequencer(const sc_core::sc_module_name& name, Context& context, const Config& config,
                     std::vector<SentenceLengths> sentences, NonzeroInputs nonzero, Issue issue,
                     StepDone step_done)
    : sc_module(name),
      context_(context),
      config_(config),
      sentences_(std::move(sentences)),
      tiles_(context.program, config),
      nonzero_(std::move(nonzero)),
      inputs_(context.program.layers.size()),
      issue_(std::move(issue)),
      step_done_(std::move(step_done)),
      executions_(context.program.layers.size()),
      tokens_(context.program.layers.size()),
      skipped_macs_(context.program.layers.size()) {
  SC_THREAD(main);
}

void Sequencer::add_to(std::vector<LayerRecord>& layers) const {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layers[i].executions = executions_[i];
    layers[i].tokens = tokens_[i];
    layers[i].skipped_macs = skipped_macs_[i];
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
  inputs_.assign(inputs_.size(), std::nullopt);
  if (context_.program.products) {
    Schedule schedule(context_.program, config_, tiles_, 0);
    run_all(schedule.product(lengths.index), sentence);
    timings_.back().decoder_begin = hw::now();
    step_done_(sentence, hw::now());
  } else {
    work_on(sentence);
  }
  timings_.back().end = hw::now();
}

void Sequencer::work_on(std::size_t sentence) {
  const SentenceLengths& lengths = sentences_[sentence];
  Schedule schedule(context_.program, config_, tiles_, lengths.source_tokens);
  run_all(schedule.start(), sentence);
  timings_.back().decoder_begin = hw::now();
  if (lengths.target_tokens == 0) step_done_(sentence, hw::now());
  for (std::uint32_t t = 1; t <= lengths.target_tokens; ++t) {
    run_all(schedule.step(t), sentence);
    if (t == 1) timings_.back().first_token = hw::now();
    step_done_(sentence, hw::now());
  }
}

void Sequencer::run_all(std::vector<Command> commands, std::size_t sentence) {
  if (nonzero_) {
    for (Command& command : commands) take_nonzero_inputs(command, sentence);
  }
  issue_all(commands);
  wait_all(commands);
}

void Sequencer::take_nonzero_inputs(Command& command, std::size_t sentence) {
  const Layer& layer = context_.program.layers[command.layer];
  if (!layer.matrix) return;
  auto& inputs = inputs_[command.layer];
  if (!inputs) inputs = nonzero_(sentence, command.layer);
  command.nonzero = *inputs;
  skipped_macs_[command.layer] += skipped_macs(command, layer);
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
