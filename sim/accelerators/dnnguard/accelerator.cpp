#include "sim/core/accelerator.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/accelerators/dnnguard/activities.h"
#include "sim/accelerators/dnnguard/compiler.h"
#include "sim/accelerators/dnnguard/config.h"
#include "sim/accelerators/dnnguard/machine.h"
#include "sim/accelerators/dnnguard/results.h"
#include "sim/values/check.h"
#include "sim/values/check_programs.h"
#include "sim/values/nvdla/machine.h"
#include "sim/workload/nvdla_program.h"

namespace sim::dnnguard {
namespace {

/// What a run compared with the workload's reference and found equal.
struct Compared {
  std::uint64_t values = 0;
  std::vector<std::string> notes{};
};

Compared compare(const workload::NetworkTask& task) {
  if (!task.model.has_values) return {0, {"the workload has no values: timing only"}};
  return {values::check_reference(task), {}};
}

/// Bytes whose checksum a program states, or which a file beside it holds.
Compared compare(const workload::Workload& workload, const workload::nvdla::Program& program) {
  Compared compared{0, values::check_programs(workload, base::MemoryLimit())};
  for (const auto& step : program.steps) {
    if (const auto* crc = std::get_if<workload::nvdla::CrcCheck>(&step)) {
      compared.values += crc->size;
    } else if (const auto* image = std::get_if<workload::nvdla::ImageCheck>(&step)) {
      compared.values += image->expected.bytes.size();
    }
  }
  return compared;
}

Compared compare(const workload::Workload& workload) {
  const workload::Task& task = *workload.tasks.front().task;
  if (const auto* network = dynamic_cast<const workload::NetworkTask*>(&task)) {
    return compare(*network);
  }
  return compare(workload, dynamic_cast<const workload::nvdla::Program&>(task));
}

class DnnguardDesign final : public core::Design {
 public:
  explicit DnnguardDesign(const Config& config) : config_(config) {}

  void check(const workload::Workload& workload) const override { compile(workload, config_); }

  base::MemoryNeed memory(const workload::Workload& workload,
                          const core::RunOptions& options) const override {
    base::MemoryNeed need;
    const workload::Task& task = *workload.tasks.front().task;
    if (const auto* program = dynamic_cast<const workload::nvdla::Program*>(&task)) {
      return options.values ? values::nvdla::machine_need(*program) : need;
    }
    const auto* network = dynamic_cast<const workload::NetworkTask*>(&task);
    if (network == nullptr) return need;  // refused
    // A convolution is seldom cut into more layers.
    constexpr std::uint64_t kLayersOfOperator = 256;
    need.add("hardware layers and what they count",
             network->model.operators.size() * kLayersOfOperator *
                 (sizeof(workload::nvdla::Layer) + network->samples.size() * sizeof(LayerRecord)));
    return need;
  }

  core::Priced priced(const workload::Workload&, const core::RunOptions&) const override {
    return {activities({}, {}, config_), static_parts(config_, 0), logic_parts(config_)};
  }

  core::RunResult run(const workload::Workload& workload, const core::RunOptions& options,
                      core::Progress& progress) const override {
    const Program program = compile(workload, config_);
    const Compared values = options.values ? compare(workload) : Compared{};
    Machine machine("dnnguard", program, config_, make_array_engine(options.engine, config_),
                    [&](std::uint64_t jobs, std::uint64_t cycle) {
                      progress.update("operators", jobs, program.jobs.size() * program.samples,
                                      cycle);
                    });
    const RunRecord record = machine.simulate(options.max_cycles);
    core::RunResult result = collect(program, record, config_, values.values);
    if (options.timeline) result.timeline = timeline_of(program, record, *options.timeline);
    result.notes = values.notes;
    if (!options.values) result.notes.emplace_back("values were not computed (--no-values)");
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
