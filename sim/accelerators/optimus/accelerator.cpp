#include "sim/core/accelerator.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sim/accelerators/optimus/activities.h"
#include "sim/accelerators/optimus/capacity.h"
#include "sim/accelerators/optimus/compiler.h"
#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/job.h"
#include "sim/accelerators/optimus/logic_parts.h"
#include "sim/accelerators/optimus/machine.h"
#include "sim/accelerators/optimus/memory.h"
#include "sim/accelerators/optimus/results.h"
#include "sim/accelerators/optimus/runs.h"
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

class OptimusDesign final : public core::Design {
 public:
  explicit OptimusDesign(const Config& config) : config_(config) {}

  std::string mapping() const override { return MappingConfig::of(config_).text(); }

  void prepare(const workload::Workload& workload, const core::RunOptions& options,
               core::Cache& mappings, const core::MemoryCheck& check) override {
    const Job job = Job::of(workload);
    const bool ahead = looks_ahead(options.engine);
    const auto library = mappings.get<MatrixLibrary>(mapping() + (ahead ? " ahead" : ""), [&] {
      return MatrixLibrary(EncodingConfig::of(config_), ahead);
    });
    const base::MemoryNeed run = job.run_need(config_, options);
    const auto check_all = [&](base::MemoryNeed matrices) {
      matrices.add(run);
      check(matrices);
    };
    prepared_ = std::make_shared<const Program>(job.compiled(config_, *library, check_all));
  }

  base::MemoryNeed memory(const workload::Workload& workload,
                          const core::RunOptions& options) const override {
    const Job job = Job::of(workload);
    base::MemoryNeed need = job.matrices_need(config_, options.engine);
    need.add(job.run_need(config_, options));
    return need;
  }

  void check(const workload::Workload& workload) const override {
    const Job job = Job::of(workload);
    check_job(job, *program(job));
  }

  core::Priced priced(const workload::Workload& workload,
                      const core::RunOptions& /*options*/) const override {
    const Job job = Job::of(workload);
    const std::shared_ptr<const Program> mapped = program(job);
    return optimus::priced(*mapped, config_, largest_tile(*mapped, config_, job.lengths()));
  }

  std::vector<std::string> idle_keys(const workload::Workload& workload,
                                     const core::RunOptions& /*options*/) const override {
    return Job::of(workload).idle_keys(config_);
  }

  core::RunResult run(const workload::Workload& workload, const core::RunOptions& options,
                      core::Progress& progress) const override {
    const Job job = Job::of(workload);
    const std::shared_ptr<const Program> mapped = program(job);
    check_job(job, *mapped);
    const bool values = options.values && job.has_values();
    const ValuePass pass = values ? run_values(*job.network, config_, progress)
                                  : ValuePass{.lengths = job.lengths(), .translations = {}};
    core::RunResult result =
        simulate(*mapped, pass.lengths,
                 job.nonzero_inputs(config_, *mapped, values ? &pass : nullptr), options, progress);
    add_values(result, job, pass, values);
    return result;
  }

 private:
  /// All that a run could stumble over later.
  void check_job(const Job& job, const Program& program) const {
    if (job.has_values()) values::check_computable(job.network->model);
    check_fits(program, config_, job.lengths());
  }

  std::shared_ptr<const Program> program(const Job& job) const {
    if (prepared_) return prepared_;
    return std::make_shared<const Program>(job.compiled(config_));
  }

  core::RunResult simulate(const Program& program, const std::vector<SentenceLengths>& lengths,
                           NonzeroInputs nonzero, const core::RunOptions& options,
                           core::Progress& progress) const {
    std::optional<stats::Timeline> timeline;
    if (options.timeline) timeline.emplace(*options.timeline);
    std::uint64_t steps = 0;
    std::uint64_t all_steps = 0;
    for (const SentenceLengths& s : lengths) all_steps += std::max(s.target_tokens, 1u);
    const char* const stage = program.products ? "products" : "steps";
    Machine machine(
        "optimus", program, config_, {.engine = options.engine, .nonzero = std::move(nonzero)},
        lengths,
        [&](std::size_t, std::uint64_t cycle) {
          progress.update(stage, ++steps, all_steps, cycle);
        },
        timeline ? &*timeline : nullptr);
    machine.simulate(options.max_cycles);
    const RunRecord record = machine.record();
    core::RunResult result = collect(record, program, config_);
    result.logic_parts = logic_parts(program, config_, record.tile_tokens());
    if (timeline) result.timeline = timeline->take(result.cycles);
    return result;
  }

  void add_values(core::RunResult& result, const Job& job, const ValuePass& pass,
                  bool values) const {
    result.headlines.push_back(compared_values(pass.compared_values));
    std::ranges::move(job.notes(config_, values), std::back_inserter(result.notes));
    if (!values) return;
    check_macs(result, pass.macs);
    if (workload::chooses_tokens(job.network->model.kind)) {
      result.tables.push_back(translation_table(*job.network, pass));
    }
  }

  /// The value pass counts what it multiplies on its own, by zeros, too; the timing must have
  /// counted the same, with what it skipped.
  static void check_macs(const core::RunResult& result, std::uint64_t macs) {
    const stats::UnitStats& array = result.stats.unit("mac_array");
    const std::uint64_t skipped = skipped_macs(result);
    const std::uint64_t timed = array.value("sparse_macs") + array.value("dense_macs");
    SIM_CHECK(timed + skipped == macs,
              "timing counted {} multiply-accumulates and skipped {}, values took {}", timed,
              skipped, macs);
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
  std::vector<workload::OperatorKind> operators() const override { return runnable_operators(); }
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
