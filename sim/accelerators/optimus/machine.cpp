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

Machine::Machine(const sc_core::sc_module_name& name, const Program& program, const Config& config,
                 const MachineOptions& options, std::vector<SentenceLengths> sentences,
                 Sequencer::StepDone step_done, stats::Timeline* timeline)
    : sc_module(name),
      context{.program = program, .board = board, .timeline = timeline},
      write_port("write_port", context,
                 lanes(options.engine, config.post.output_width_elements_per_cycle)),
      mac_array("mac_array", context, config,
                make_mac_array_engine(options.engine, config, options.reuse), write_port),
      embedder("embedder", context,
               lanes(options.engine, config.post.output_width_elements_per_cycle), config),
      softmax("softmax", context, lanes(options.engine, config.post.softmax_lanes),
              config.post.softmax_latency_cycles),
      add_norm("add_norm", context, lanes(options.engine, config.post.norm_lanes),
               config.post.norm_latency_cycles),
      sequencer(
          "sequencer", context, config, std::move(sentences),
          [this](const Command& command) { issue(command); }, std::move(step_done)) {}

void Machine::issue(const Command& command) {
  switch (context.program.layers[command.layer].unit) {
    case UnitId::kEmbedder:
      return embedder.commands.push(command);
    case UnitId::kMacArray:
      return mac_array.commands.push(command);
    case UnitId::kSoftmax:
      return softmax.commands.push(command);
    case UnitId::kAddNorm:
      return add_norm.commands.push(command);
  }
}

std::string Machine::states() const {
  return fmt::format(
      "sequencer: {}; MAC array: {}; write port: {}; soft-max: {}; add+norm: {}; embedder: {}",
      sequencer.state(), mac_array.state(), write_port.state(), softmax.state(), add_norm.state(),
      embedder.state());
}

void Machine::simulate(std::optional<std::uint64_t> max_cycles) {
  const auto over = [&] { return sequencer.finished() || context.failure != nullptr; };
  core::run_kernel(over, max_cycles, [&] { return states(); });
  if (context.failure != nullptr) std::rethrow_exception(context.failure);
  for (Unit* unit : {static_cast<Unit*>(&mac_array), static_cast<Unit*>(&embedder),
                     static_cast<Unit*>(&softmax), static_cast<Unit*>(&add_norm)}) {
    unit->finish();
  }
  write_port.finish();
}

}  // namespace sim::optimus
