#include "sim/core/accelerator.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sim/accelerators/optimus/capacity.h"
#include "sim/accelerators/optimus/compiler.h"
#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/machine.h"
#include "sim/accelerators/optimus/results.h"
#include "sim/accelerators/optimus/timeline.h"

namespace sim::optimus {
namespace {

std::vector<SentenceLengths> lengths_of(const workload::Workload& workload) {
  std::vector<SentenceLengths> lengths;
  for (const workload::Sentence& s : workload.sentences) {
    lengths.push_back({s.index, s.source_tokens, s.target_tokens});
  }
  return lengths;
}

void check_fits(const Program& program, const Config& config,
                const std::vector<SentenceLengths>& lengths) {
  std::uint32_t source = 0;
  std::uint32_t target = 0;
  for (const SentenceLengths& s : lengths) {
    source = std::max(source, s.source_tokens);
    target = std::max(target, s.target_tokens);
  }
  check_capacity(program, config, source, target);
}

class OptimusDesign final : public core::Design {
 public:
  explicit OptimusDesign(const Config& config) : config_(config) {}

  void check(const workload::Workload& workload) const override {
    check_fits(compile(workload.model, config_), config_, lengths_of(workload));
  }

  core::RunResult run(const workload::Workload& workload, const core::RunOptions& options,
                      core::Progress& progress) const override {
    const std::vector<SentenceLengths> lengths = lengths_of(workload);
    const Program program = compile(workload.model, config_);
    check_fits(program, config_, lengths);
    std::optional<Timeline> timeline;
    if (options.timeline) timeline.emplace(program, *options.timeline);
    std::uint64_t steps = 0;
    std::uint64_t all_steps = 0;
    for (const SentenceLengths& s : lengths) all_steps += s.target_tokens;
    Machine machine(
        "optimus", program, config_, {.engine = options.engine}, lengths,
        [&](std::size_t, std::uint64_t cycle) {
          progress.update("decoding steps", ++steps, all_steps, cycle);
        },
        timeline ? &*timeline : nullptr);
    machine.simulate(options.max_cycles);
    core::RunResult result = collect(machine, config_);
    if (timeline) result.timeline = timeline->take();
    return result;
  }

 private:
  Config config_;
};

class Optimus final : public core::Accelerator {
 public:
  std::string_view name() const override { return "optimus"; }
  std::string_view description() const override {
    return "sparse Transformer inference that skips redundant decoding work (MLSys 2020)";
  }
  std::unique_ptr<core::Design> configure(base::ConfigReader& block) const override {
    return std::make_unique<OptimusDesign>(block.read<Config>());
  }
  core::RunResult describe_result() const override { return describe_results(); }
};

}  // namespace

const core::Accelerator& accelerator() {
  static const Optimus optimus;
  return optimus;
}

}  // namespace sim::optimus
