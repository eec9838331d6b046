#include "sim/core/accelerator.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sim/accelerators/optimus/activities.h"
#include "sim/accelerators/optimus/capacity.h"
#include "sim/accelerators/optimus/compiler.h"
#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/logic_parts.h"
#include "sim/accelerators/optimus/machine.h"
#include "sim/accelerators/optimus/memory.h"
#include "sim/accelerators/optimus/results.h"
#include "sim/accelerators/optimus/schedule.h"
#include "sim/accelerators/optimus/value_pass.h"
#include "sim/base/check.h"
#include "sim/base/error.h"
#include "sim/values/limits.h"

namespace sim::optimus {
namespace {

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

/// The clock of a DRAM with banks and that of the machine meet in a ratio of whole numbers.
std::uint32_t whole_clock(const Memories& memories, double clock_mhz) {
  if (!memories.uses_dram() || memories.dram.kind != hw::DramKind::kBanked) return 0;
  const auto whole = static_cast<std::uint32_t>(clock_mhz);
  if (whole == clock_mhz) return whole;
  throw base::ConfigError(
      fmt::format("clock_mhz is {}, but with optimus.memories.dram.kind banked it must be a whole "
                  "number of MHz",
                  clock_mhz));
}

core::Headline compared_values(std::uint64_t count) {
  return {{"compared_values", "values",
           "tokens and operator outputs that were compared with the exporter's and found equal"},
          count};
}

const workload::TranslationTask& task_of(const workload::Workload& workload) {
  return workload::only_task<workload::TranslationTask>(workload, "optimus");
}

class OptimusDesign final : public core::Design {
 public:
  explicit OptimusDesign(const Config& config) : config_(config) {}

  std::string mapping() const override { return MappingConfig::of(config_).text(); }

  void prepare(const workload::Workload& workload, const core::RunOptions& options,
               core::Cache& mappings, const core::MemoryCheck& check) override {
    const auto& task = task_of(workload);
    const bool ahead = looks_ahead(options.engine);
    const auto library = mappings.get<MatrixLibrary>(mapping() + (ahead ? " ahead" : ""), [&] {
      return MatrixLibrary(EncodingConfig::of(config_), ahead);
    });
    const base::MemoryNeed run = run_need(task, options);
    const auto check_all = [&](base::MemoryNeed matrices) {
      matrices.add(run);
      check(matrices);
    };
    prepared_ = std::make_shared<const Program>(
        compile(task.model, config_, stated_lengths(task), *library, check_all));
  }

  base::MemoryNeed memory(const workload::Workload& workload,
                          const core::RunOptions& options) const override {
    const auto& task = task_of(workload);
    base::MemoryNeed need = least_matrices_need(task.model, config_, options.engine);
    need.add(run_need(task, options));
    return need;
  }

  void check(const workload::Workload& workload) const override {
    const auto& task = task_of(workload);
    check_task(task, *program(task));
  }

  core::Priced priced(const workload::Workload& workload,
                      const core::RunOptions& /*options*/) const override {
    const auto& task = task_of(workload);
    const std::shared_ptr<const Program> mapped = program(task);
    return optimus::priced(*mapped, config_, largest_tile(*mapped, config_, stated_lengths(task)));
  }

  core::RunResult run(const workload::Workload& workload, const core::RunOptions& options,
                      core::Progress& progress) const override {
    const auto& task = task_of(workload);
    const std::shared_ptr<const Program> mapped = program(task);
    check_task(task, *mapped);
    const bool values = options.values && task.model.has_values;
    const ValuePass pass =
        values ? run_values(task, config_, progress) : ValuePass{stated_lengths(task), {}, 0, 0};
    core::RunResult result = simulate(*mapped, pass.lengths, options, progress);
    add_values(result, task, pass, values);
    return result;
  }

 private:
  /// All that a run could stumble over later.
  void check_task(const workload::TranslationTask& task, const Program& program) const {
    if (task.model.has_values) values::check_computable(task.model);
    check_fits(program, config_, stated_lengths(task));
  }

  std::shared_ptr<const Program> program(const workload::TranslationTask& task) const {
    if (prepared_) return prepared_;
    return std::make_shared<const Program>(compile(task.model, config_, stated_lengths(task)));
  }

  core::RunResult simulate(const Program& program, const std::vector<SentenceLengths>& lengths,
                           const core::RunOptions& options, core::Progress& progress) const {
    std::optional<stats::Timeline> timeline;
    if (options.timeline) timeline.emplace(*options.timeline);
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
    const RunRecord record = machine.record();
    core::RunResult result = collect(record, program, config_);
    result.logic_parts = logic_parts(program, config_, record.tile_tokens());
    if (timeline) result.timeline = timeline->take(result.cycles);
    return result;
  }

  static void add_values(core::RunResult& result, const workload::TranslationTask& task,
                         const ValuePass& pass, bool values) {
    result.headlines.push_back(compared_values(pass.compared_values));
    if (!values) {
      result.notes.push_back(
          task.model.has_values
              ? "values were not computed (--no-values); lengths are the reference's"
              : "the workload has no values: shapes, masks and lengths only");
      return;
    }
    check_macs(result, pass.macs);
    result.tables.push_back(translation_table(task, pass));
  }

  /// The value pass counts what it multiplies on its own; the timing must have counted the same.
  static void check_macs(const core::RunResult& result, std::uint64_t macs) {
    const stats::UnitStats& array = result.stats.unit("mac_array");
    const std::uint64_t timed = array.value("sparse_macs") + array.value("dense_macs");
    SIM_CHECK(timed == macs, "timing counted {} multiply-accumulates, values took {}", timed, macs);
  }

  Config config_;
  std::shared_ptr<const Program> prepared_;
};

class Optimus final : public core::Accelerator {
 public:
  std::string_view name() const override { return "optimus"; }
  std::string_view description() const override {
    return "sparse Transformer inference that skips redundant decoding work (MLSys 2020)";
  }
  std::unique_ptr<core::Design> configure(base::ConfigReader& block,
                                          double clock_mhz) const override {
    auto config = block.read<Config>();
    config.clock_mhz = whole_clock(config.memories, clock_mhz);
    return std::make_unique<OptimusDesign>(config);
  }
  core::RunResult describe_result() const override {
    core::RunResult result = describe_results();
    result.headlines.push_back(compared_values(0));
    result.tables.push_back(translation_table({}, {}));
    return result;
  }
};

}  // namespace

const core::Accelerator& accelerator() {
  static const Optimus kOptimus;
  return kOptimus;
}

}  // namespace sim::optimus
