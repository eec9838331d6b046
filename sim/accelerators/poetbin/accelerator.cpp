#include "sim/core/accelerator.h"

#include <memory>
#include <optional>
#include <utility>

#include "sim/accelerators/poetbin/activities.h"
#include "sim/accelerators/poetbin/compiler.h"
#include "sim/accelerators/poetbin/config.h"
#include "sim/accelerators/poetbin/logic_parts.h"
#include "sim/accelerators/poetbin/machine.h"
#include "sim/accelerators/poetbin/memory.h"
#include "sim/accelerators/poetbin/results.h"
#include "sim/accelerators/poetbin/rtl/files.h"
#include "sim/accelerators/poetbin/timeline.h"
#include "sim/accelerators/poetbin/value_pass.h"

namespace sim::poetbin {
namespace {

const workload::LutTask& task_of(const workload::Workload& workload) {
  return workload::only_task<workload::LutTask>(workload, "poetbin");
}

class PoetbinDesign final : public core::Design {
 public:
  explicit PoetbinDesign(const Config& config) : config_(config) {}

  base::MemoryNeed memory(const workload::Workload& workload,
                          const core::RunOptions& options) const override {
    return memory_need(task_of(workload), config_, options);
  }

  void prepare(const workload::Workload& workload, const core::RunOptions& options,
               core::Cache& /*mappings*/, const core::MemoryCheck& /*check*/) override {
    const workload::LutTask& task = task_of(workload);
    prepared_ = mapped(task);
    if (has_values(task, options)) check_values(task, *prepared_, config_);
  }

  void check(const workload::Workload& workload) const override { mapped(task_of(workload)); }

  core::Priced priced(const workload::Workload& workload,
                      const core::RunOptions& options) const override {
    const workload::LutTask& task = task_of(workload);
    const auto mapping = mapped(task);
    core::Priced all = poetbin::priced(*mapping, config_, has_values(task, options));
    all.logic_parts = logic_parts(*mapping, config_);
    return all;
  }

  std::vector<std::string> idle_keys(const workload::Workload& workload,
                                     const core::RunOptions& options) const override {
    return config_.idle_keys(has_values(task_of(workload), options));
  }

  core::RunResult run(const workload::Workload& workload, const core::RunOptions& options,
                      core::Progress& progress) const override {
    const workload::LutTask& task = task_of(workload);
    const auto mapping = mapped(task);
    const Program& program = *mapping;
    std::optional<ValuePass> values;
    if (has_values(task, options)) {
      values = run_values(task, program, config_, progress);
    }
    core::RunResult result = simulate(program, options, progress, values ? &*values : nullptr);
    if (!values) {
      result.notes.push_back(options.values ? "the workload has no vectors: timing only"
                                            : "values were not computed (--no-values)");
    }
    return result;
  }

  std::vector<core::SourceFile> rtl(const workload::Workload& workload) const override {
    const workload::LutTask& task = task_of(workload);
    return sim::poetbin::rtl::source_files({*mapped(task), task.vectors, config_});
  }

 private:
  static bool has_values(const workload::LutTask& task, const core::RunOptions& options) {
    return options.values && task.vectors.inputs.rows > 0;
  }

  std::shared_ptr<const Program> mapped(const workload::LutTask& task) const {
    return prepared_ ? prepared_ : std::make_shared<const Program>(compile(task, config_));
  }

  core::RunResult simulate(const Program& program, const core::RunOptions& options,
                           core::Progress& progress, const ValuePass* values) const {
    std::optional<stats::Timeline> timeline;
    std::optional<TimelineObserver> observer;
    if (options.timeline) {
      timeline.emplace(*options.timeline);
      observer.emplace(program, *timeline);
    }
    const std::uint64_t samples = program.stream.samples;
    Machine machine("poetbin",
                    make_run_engine(options.engine, program.timing, program.stream,
                                    observer ? &*observer : nullptr,
                                    options.max_cycles.value_or(SampleLog::kNoLimit)),
                    samples, [&](std::uint64_t delivered, std::uint64_t cycle) {
                      progress.update("samples", delivered, samples, cycle);
                    });
    const RunRecord record = machine.simulate(options.max_cycles);
    core::RunResult result = collect(program, record, values, config_);
    result.logic_parts = logic_parts(program, config_);
    if (timeline) result.timeline = timeline->take(result.cycles);
    return result;
  }

  Config config_;
  std::shared_ptr<const Program> prepared_;
};

class Poetbin final : public core::Accelerator {
 public:
  std::string_view name() const override { return "poetbin"; }
  std::string_view description() const override {
    return "classifiers of look-up tables in space, in columns or on a fabric (PoET-BiN, MLSys "
           "2020)";
  }
  std::unique_ptr<core::Design> configure(base::ConfigReader& block,
                                          double /*clock_mhz*/) const override {
    return std::make_unique<PoetbinDesign>(block.read<Config>());
  }
  core::RunResult describe_result() const override { return describe_results(); }
};

}  // namespace

const core::Accelerator& accelerator() {
  static const Poetbin kPoetbin;
  return kPoetbin;
}

}  // namespace sim::poetbin
