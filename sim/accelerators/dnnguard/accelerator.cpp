#include "sim/core/accelerator.h"

#include <memory>
#include <utility>

#include "sim/accelerators/dnnguard/activities.h"
#include "sim/accelerators/dnnguard/compiler.h"
#include "sim/accelerators/dnnguard/config.h"
#include "sim/accelerators/dnnguard/machine.h"
#include "sim/accelerators/dnnguard/results.h"
#include "sim/values/check.h"

namespace sim::dnnguard {
namespace {

class DnnguardDesign final : public core::Design {
 public:
  explicit DnnguardDesign(const Config& config) : config_(config) {}

  void check(const workload::Workload& workload) const override {
    compile(task_of(workload), config_);
  }

  base::MemoryNeed memory(const workload::Workload& workload,
                          const core::RunOptions&) const override {
    base::MemoryNeed need;
    // A convolution is cut into no more layers than it has output lines and kernels.
    constexpr std::uint64_t kLayersOfOperator = 256;
    const workload::NetworkTask& task = task_of(workload);
    need.add("hardware layers and what they count",
             task.model.operators.size() * task.samples.size() * kLayersOfOperator *
                 (sizeof(workload::nvdla::Layer) + sizeof(LayerRecord)));
    return need;
  }

  core::Priced priced(const workload::Workload&, const core::RunOptions&) const override {
    return {activities({}, {}, config_), static_parts(config_, 0), logic_parts(config_)};
  }

  core::RunResult run(const workload::Workload& workload, const core::RunOptions& options,
                      core::Progress& progress) const override {
    const workload::NetworkTask& task = task_of(workload);
    const Program program = compile(task, config_);
    const bool values = options.values && task.model.has_values;
    const std::uint64_t compared = values ? values::check_reference(task) : 0;
    Machine machine("dnnguard", program, config_, make_array_engine(options.engine, config_),
                    task.samples.size(), [&](std::uint64_t jobs, std::uint64_t cycle) {
                      progress.update("operators", jobs, program.jobs.size() * task.samples.size(),
                                      cycle);
                    });
    const RunRecord record = machine.simulate(options.max_cycles);
    core::RunResult result = collect(program, record, config_, task.samples.size(), compared);
    if (!values) {
      result.notes.push_back(options.values ? "the workload has no values: timing only"
                                            : "values were not computed (--no-values)");
    }
    return result;
  }

 private:
  Config config_;
};

class Dnnguard final : public core::Accelerator {
 public:
  std::string_view name() const override { return "dnnguard"; }
  std::string_view description() const override {
    return "an NVDLA-like array with its post-processing units (DNNGuard, ASPLOS 2020)";
  }
  std::vector<workload::OperatorKind> operators() const override { return computed_operators(); }
  std::unique_ptr<core::Design> configure(base::ConfigReader& block,
                                          double /*clock_mhz*/) const override {
    return std::make_unique<DnnguardDesign>(block.read<Config>());
  }
  core::RunResult describe_result() const override { return describe_results(); }
};

}  // namespace

const core::Accelerator& accelerator() {
  static const Dnnguard kDnnguard;
  return kDnnguard;
}

}  // namespace sim::dnnguard
