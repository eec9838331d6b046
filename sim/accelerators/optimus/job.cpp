#include "sim/accelerators/optimus/job.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "sim/accelerators/optimus/memory.h"
#include "sim/accelerators/optimus/runs.h"
#include "sim/workload/relu_outputs.h"

namespace sim::optimus {

Job Job::of(const workload::Workload& workload) {
  const workload::NamedTask& task = workload::only_task(workload, "optimus");
  Job job{.network = dynamic_cast<const workload::NetworkTask*>(task.task.get()),
          .products = dynamic_cast<const workload::SparseProducts*>(task.task.get())};
  if (job.network != nullptr) {
    const std::string reason = reason_against(job.network->model);
    if (!reason.empty()) workload::refuse(workload, "optimus", reason);
  }
  if (job.network != nullptr || job.products != nullptr) return job;
  workload::refuse_task(
      workload, task, "optimus",
      fmt::format("{} and {}", workload::NetworkTask::kMany, workload::SparseProducts::kMany));
}

std::vector<SentenceLengths> Job::lengths() const {
  if (network != nullptr) return stated_lengths(*network);
  std::vector<SentenceLengths> lengths;
  for (std::uint32_t i = 0; i < products->products.size(); ++i) lengths.push_back({.index = i});
  return lengths;
}

Program Job::compiled(const Config& config, const MatrixLibrary& library,
                      const core::MemoryCheck& check) const {
  if (products != nullptr) return compile(*products, config, library, check);
  return compile(network->model, config, stated_lengths(*network), library, check);
}

Program Job::compiled(const Config& config) const {
  if (products != nullptr) return compile(*products, config);
  return compile(network->model, config, stated_lengths(*network));
}

base::MemoryNeed Job::matrices_need(const Config& config, core::Engine engine) const {
  return products != nullptr ? least_matrices_need(*products, config, engine)
                             : least_matrices_need(network->model, config, engine);
}

base::MemoryNeed Job::run_need(const Config& config, const core::RunOptions& options) const {
  return products != nullptr ? optimus::run_need(*products, config, options)
                             : optimus::run_need(*network, config, options);
}

NonzeroInputs Job::nonzero_inputs(const Config& config, const Program& program,
                                  const ValuePass* values) const {
  if (!config.mac_array.skip_zero_inputs) return {};
  if (products != nullptr) {
    return [this_products = products](std::size_t, std::uint32_t layer) {
      return this_products->products[layer].nonzero;
    };
  }
  return [task = network, &program, values](
             std::size_t sentence, std::uint32_t layer) -> std::shared_ptr<const workload::Mask> {
    const std::optional<std::uint32_t> relu = program.layers[layer].relu;
    if (!relu) return nullptr;
    if (values != nullptr) return values->relu_outputs[sentence].at(*relu);
    if (task->model.has_values) return nullptr;
    return workload::drawn_relu_outputs(*task, *relu, task->samples[sentence]);
  };
}

std::vector<std::string> Job::idle_keys(const Config& config) const {
  constexpr std::string_view kNoSkip = "inputs of zero are multiplied as all others";
  const MacArrayConfig& array = config.mac_array;
  std::vector<std::string> idle;
  const auto add = [&](bool is_idle, std::string_view key, std::string_view condition,
                       std::string_view why) {
    if (is_idle) idle.push_back(fmt::format("{} has no effect with {}: {}", key, condition, why));
  };
  const bool zeros =
      products != nullptr && std::ranges::any_of(products->products, [](const auto& product) {
        return product.activation_density < 1;
      });
  add(zeros && !array.skip_zero_inputs, "matrices[].activation_density",
      "mac_array.skip_zero_inputs false", kNoSkip);
  add(network != nullptr && network->relu_density < 1 && !array.skip_zero_inputs, "relu_density",
      "mac_array.skip_zero_inputs false", kNoSkip);
  add(products != nullptr && !zeros && array.skip_zero_inputs, "mac_array.skip_zero_inputs",
      "matrices[].activation_density 1", "no input is zero");
  const bool alone = array.sparse.ways == 1;
  add(alone && array.accumulators == Accumulators::kShared, "mac_array.accumulators shared",
      "sets of one MAC", "nothing is shared");
  add(alone && array.sparse.way_choice == WayChoice::kRuntime,
      "mac_array.sparse.way_choice runtime", "sets of one MAC", "there is no choice");
  return idle;
}

std::vector<std::string> Job::notes(const Config& config, bool values) const {
  if (values) return {};
  if (products != nullptr) return {"the workload has no values: shapes and masks only"};
  std::vector<std::string> notes;
  const bool skips = config.mac_array.skip_zero_inputs;
  if (has_values()) {
    notes.emplace_back("values were not computed (--no-values); lengths are the reference's");
    if (skips) {
      notes.emplace_back("no input was skipped: without values all count as not zero");
    }
  } else {
    notes.emplace_back("the workload has no values: shapes, masks and lengths only");
    if (skips) {
      notes.push_back(fmt::format("outputs of ReLU are drawn: {} % of them are not zero",
                                  100 * network->relu_density));
    }
  }
  return notes;
}

}  // namespace sim::optimus
