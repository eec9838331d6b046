#include "sim/accelerators/optimus/machine.h"

#include <fmt/format.h>

#include <utility>

#include "sim/base/check.h"
#include "sim/core/kernel.h"

namespace sim::optimus {
namespace {

std::unique_ptr<hw::LanePipeline> lanes(core::Engine engine, std::uint32_t count) {
  switch (engine) {
    case core::Engine::kTick:
      return std::make_unique<hw::LanePipelineTick>(count);
    case core::Engine::kSkip:
      break;
  }
  return std::make_unique<hw::LanePipelineSkip>(count);
}

}  // namespace

DramParts::DramParts(const Program& program, const Config& config, core::Engine engine,
                     stats::Timeline* timeline) {
  if (!config.memories.uses_dram()) return;
  layout.emplace(program, config);
  fetch.emplace(config, engine, timeline);
  if (config.memories.streamed()) weights.emplace(*layout, *fetch);
}

Machine::Machine(const sc_core::sc_module_name& name, const Program& program, const Config& config,
                 const MachineOptions& options, std::vector<SentenceLengths> sentences,
                 Sequencer::StepDone step_done, stats::Timeline* timeline)
    : sc_module(name),
      context_{.program = program, .board = board_, .timeline = timeline},
      dram_(program, config, options.engine, timeline),
      write_port_(name_of(UnitId::kWritePort), context_,
                  lanes(options.engine, config.post.output_width_elements_per_cycle)),
      mac_array_(
          name_of(UnitId::kMacArray), context_, config,
          make_mac_array_engine(options.engine, config, options.reuse, dram_.weights_or_null()),
          write_port_, dram_.weights_or_null()),
      embedder_(name_of(UnitId::kEmbedder), context_,
                lanes(options.engine, config.post.output_width_elements_per_cycle), config,
                dram_.layout_or_null(), dram_.tables_or_null(config)),
      softmax_(name_of(UnitId::kSoftmax), context_,
               lanes(options.engine, config.post.softmax_lanes),
               config.post.softmax_latency_cycles),
      add_norm_(name_of(UnitId::kAddNorm), context_, lanes(options.engine, config.post.norm_lanes),
                config.post.norm_latency_cycles),
      sequencer_(
          "sequencer", context_, config, std::move(sentences), options.nonzero,
          [this](const Command& command) { issue(command); }, std::move(step_done)) {
  if (!program.uses(UnitId::kElementwise)) return;
  elementwise_.emplace(name_of(UnitId::kElementwise), context_,
                       lanes(options.engine, config.post.elementwise_lanes),
                       config.post.elementwise_latency_cycles);
}

void Machine::issue(const Command& command) {
  const UnitId id = context_.program.layers[command.layer].unit;
  CommandUnit* unit = context_.executors[index_of(id)];
  SIM_CHECK(unit != nullptr, "{} executes no commands", name_of(id));
  unit->commands.push(command);
}

std::string Machine::states() const {
  std::string text = fmt::format("sequencer: {}", sequencer_.state());
  for (const Unit* unit : context_.units) {
    if (unit != nullptr) text += fmt::format("; {}: {}", unit->basename(), unit->state());
  }
  return text;
}

void Machine::simulate(std::optional<std::uint64_t> max_cycles) {
  const auto over = [&] { return sequencer_.finished() || context_.failure != nullptr; };
  core::run_kernel(over, max_cycles, [&] { return states(); });
  if (context_.failure != nullptr) std::rethrow_exception(context_.failure);
  for (Unit* unit : context_.units) {
    if (unit != nullptr) unit->finish();
  }
}

RunRecord Machine::record() {
  RunRecord record;
  record.sentences = sequencer_.timings();
  record.cycles = record.sentences.empty() ? 0 : record.sentences.back().end;
  for (std::size_t i = 0; i < kUnits; ++i) {
    const Unit* unit = context_.units[i];
    record.units[i] = unit != nullptr ? unit->totals() : UnitTotals{.present = false};
  }
  record.layers.resize(context_.program.layers.size());
  sequencer_.add_to(record.layers);
  for (const CommandUnit* unit : context_.executors) {
    if (unit != nullptr) unit->add_to(record.layers);
  }
  record.embedding = embedder_.events();
  if (dram_.fetch) record.dram = dram_.fetch->counted(record.cycles);
  return record;
}

}  // namespace sim::optimus
