#include "sim/accelerators/dnnguard/compiler.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "sim/accelerators/dnnguard/array_engine.h"
#include "sim/accelerators/dnnguard/network_lowering.h"
#include "sim/base/error.h"
#include "sim/workload/nvdla_program.h"

namespace sim::dnnguard {

namespace {

namespace nvdla = workload::nvdla;
using workload::OperatorKind;

bool is_convolution(const nvdla::Layer& layer) { return layer.convolution.has_value(); }

/// Convolutions go together, other layers one by one.
void add_jobs(Program& program, const std::string& name, const std::vector<nvdla::Layer>& layers) {
  for (const nvdla::Layer& layer : layers) {
    const bool joins = &layer != &layers.front() && is_convolution(layer) &&
                       is_convolution(program.jobs.back().layers.back());
    if (!joins) program.jobs.push_back({name, {}});
    program.jobs.back().layers.push_back(layer);
  }
}

/// Which operators with hardware layers an operator reads, through those that move nothing or are
/// computed on the way.
class Links {
 public:
  Links(const workload::Network& network, const LoweredNetwork& lowered)
      : network_(network), lowered_(lowered), has_step_(network.operators.size()) {
    for (const NetworkStep& step : lowered.steps) has_step_[step.op] = true;
  }

  std::vector<std::pair<std::string, std::string>> list() {
    std::vector<std::pair<std::string, std::string>> links;
    for (const NetworkStep& step : lowered_.steps) {
      read_.clear();
      follow(step.op);
      for (const std::uint32_t op : read_) links.emplace_back(name(step.op), name(op));
    }
    return links;
  }

 private:
  const std::string& name(std::uint32_t op) const { return network_.operators[op].name; }

  void follow(std::uint32_t op) {
    for (const std::uint32_t input : network_.operators[op].inputs) {
      if (has_step_[input]) {
        read_.insert(input);
      } else {
        follow(input);
      }
    }
  }

  const workload::Network& network_;
  const LoweredNetwork& lowered_;
  std::vector<bool> has_step_;
  std::set<std::uint32_t> read_;
};

[[noreturn]] void refuse(const workload::Operator& op) {
  throw base::WorkloadError(fmt::format(
      "operator '{}' ({}): the array has no unit, no registers or no room in its buffer for it; "
      "its operators and their limits stand in sim/accelerators/dnnguard/README.md",
      op.name, workload::name_of(op.kind())));
}

/// What check() calls right is what the units can do.
void check(const Job& job, const std::string& where, const Config& config) {
  try {
    check_job(job.layers, config);
  } catch (const base::UserError& error) {
    throw base::WorkloadError(fmt::format("{}: {}", where, error.what()));
  }
}

Program compile(const workload::NetworkTask& task, const Config& config) {
  const LoweredNetwork lowered = lower(task.model, config.array);
  Program program{.samples = task.samples.size(), .memory_bytes = lowered.memory_bytes};
  for (const NetworkStep& step : lowered.steps) {
    const workload::Operator& op = task.model.operators[step.op];
    if (step.layers.empty()) refuse(op);
    add_jobs(program, op.name, step.layers);
  }
  program.links = Links(task.model, lowered).list();
  for (const Job& job : program.jobs) {
    check(job, fmt::format("operator '{}'", job.name), config);
  }
  return program;
}

/// Whether a layer of a program is enabled while the one before may still run.
bool joins(const nvdla::Layer& layer, const Program& program) {
  if (program.jobs.empty() || !layer.convolution) return false;
  const nvdla::Layer& before = program.jobs.back().layers.back();
  if (!before.convolution) return false;
  const bool reuses = layer.convolution->reuse_data || layer.convolution->reuse_weights;
  return reuses || layer.groups[0] != before.groups[0];
}

[[noreturn]] void refuse(const nvdla::Program& program, std::uint32_t line, const char* why) {
  throw base::WorkloadError(fmt::format("{}:{}: {}", program.file, line, why));
}

void check_sizes(const workload::Workload& workload, const nvdla::Program& program,
                 const ArrayGeometry& array) {
  const nvdla::Configuration& c = program.configuration;
  if (c.atom_bytes == array.atom_bytes && c.block_channels == array.lanes &&
      c.group_kernels == array.rows) {
    return;
  }
  throw base::WorkloadError(
      fmt::format("workload '{}' is a program for {}, of {} rows, {} lanes and atoms of {} bytes; "
                  "this array has "
                  "{}, {} and {}",
                  workload.name, c.name, c.group_kernels, c.block_channels, c.atom_bytes,
                  array.rows, array.lanes, array.atom_bytes));
}

Program compile(const workload::Workload& workload, const nvdla::Program& source,
                const Config& config) {
  check_sizes(workload, source, config.array);
  Program program;
  for (const nvdla::Step& step : source.steps) {
    const auto* enabled = std::get_if<nvdla::LayerStep>(&step);
    if (enabled == nullptr) continue;
    const nvdla::Layer& layer = *enabled->layer;
    if (layer.pdp && layer.sdp && !layer.convolution) {
      refuse(source, enabled->line, "pooling behind SDP without a convolution is not timed");
    }
    if (!joins(layer, program)) program.jobs.push_back({fmt::format("line {}", enabled->line), {}});
    program.jobs.back().layers.push_back(layer);
  }
  if (program.jobs.empty()) refuse(source, 1, "enables no layer, so there is nothing to run");
  for (const Job& job : program.jobs) {
    check(job, fmt::format("{}: {}", source.file, job.name), config);
  }
  return program;
}

}  // namespace

std::vector<OperatorKind> computed_operators() {
  return {
      OperatorKind::kInput,         OperatorKind::kConstant,      OperatorKind::kLinear,
      OperatorKind::kLogits,        OperatorKind::kConv2d,        OperatorKind::kMaxPool2d,
      OperatorKind::kAveragePool2d, OperatorKind::kGlobalAverage, OperatorKind::kAdd,
      OperatorKind::kMultiply,      OperatorKind::kConcat,        OperatorKind::kSplit,
      OperatorKind::kFlatten,       OperatorKind::kActivation,    OperatorKind::kLocalResponseNorm};
}

Program compile(const workload::Workload& workload, const Config& config) {
  const workload::NamedTask& task = workload::only_task(workload, "dnnguard");
  if (const auto* program = dynamic_cast<const nvdla::Program*>(task.task.get())) {
    return compile(workload, *program, config);
  }
  const auto& network = workload::task_as<workload::NetworkTask>(workload, task, "dnnguard");
  if (network.model.kind != workload::NetworkKind::kFeedForward) {
    workload::refuse(workload, "dnnguard", "networks that are fed with tensors (feed_forward)");
  }
  return compile(network, config);
}

}  // namespace sim::dnnguard
