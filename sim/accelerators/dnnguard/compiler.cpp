#include "sim/accelerators/dnnguard/compiler.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "sim/accelerators/dnnguard/network_lowering.h"
#include "sim/base/error.h"

namespace sim::dnnguard {

namespace {

using workload::OperatorKind;

bool is_convolution(const workload::nvdla::Layer& layer) { return layer.convolution.has_value(); }

/// Convolutions go together, other layers one by one.
void add_jobs(Program& program, const std::string& name,
              const std::vector<workload::nvdla::Layer>& layers) {
  for (const workload::nvdla::Layer& layer : layers) {
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

}  // namespace

std::vector<OperatorKind> computed_operators() {
  return {
      OperatorKind::kInput,         OperatorKind::kConstant,      OperatorKind::kLinear,
      OperatorKind::kLogits,        OperatorKind::kConv2d,        OperatorKind::kMaxPool2d,
      OperatorKind::kAveragePool2d, OperatorKind::kGlobalAverage, OperatorKind::kAdd,
      OperatorKind::kMultiply,      OperatorKind::kConcat,        OperatorKind::kSplit,
      OperatorKind::kFlatten,       OperatorKind::kActivation,    OperatorKind::kLocalResponseNorm};
}

const workload::NetworkTask& task_of(const workload::Workload& workload) {
  const auto& task = workload::only_task<workload::NetworkTask>(workload, "dnnguard");
  if (task.model.kind != workload::NetworkKind::kFeedForward) {
    workload::refuse(workload, "dnnguard", "networks that are fed with tensors (feed_forward)");
  }
  return task;
}

Program compile(const workload::NetworkTask& task, const Config& config) {
  const LoweredNetwork lowered = lower(task.model, config.array);
  Program program{.jobs = {}, .memory_bytes = lowered.memory_bytes};
  for (const NetworkStep& step : lowered.steps) {
    const workload::Operator& op = task.model.operators[step.op];
    if (step.layers.empty()) refuse(op);
    add_jobs(program, op.name, step.layers);
  }
  program.links = Links(task.model, lowered).list();
  return program;
}

}  // namespace sim::dnnguard
