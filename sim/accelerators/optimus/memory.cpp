#include "sim/accelerators/optimus/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sim/accelerators/optimus/occupancy.h"
#include "sim/accelerators/optimus/sparse_format.h"
#include "sim/values/memory.h"
#include "sim/workload/memory.h"
#include "sim/workload/relu_outputs.h"

namespace sim::optimus {
namespace {

constexpr std::uint64_t kSentenceBytes = 1024;  // its row of sentences.csv and what it is made of

/// A matrix of either type of task.
struct Matrix {
  std::string part;  // as messages name it
  std::uint64_t columns = 0;
  std::uint64_t kept_weights = 0;
};

std::vector<Matrix> matrices_of(const workload::Network& model) {
  std::vector<Matrix> all;
  for (const workload::Operator& op : model.operators) {
    if (op.columns() == 0) continue;
    all.push_back(
        {fmt::format("operator '{}'", op.name), op.columns(), workload::kept_weights(op)});
  }
  return all;
}

std::vector<Matrix> matrices_of(const workload::SparseProducts& task) {
  std::vector<Matrix> all;
  for (const workload::SparseProduct& p : task.products) {
    all.push_back({fmt::format("matrix '{}'", p.name), p.columns,
                   p.mask ? p.mask->count() : p.expected_weights});
  }
  return all;
}

base::MemoryNeed least_need(const std::vector<Matrix>& matrices, const Config& config,
                            core::Engine engine) {
  const std::uint64_t visit = looks_ahead(engine) ? sizeof(Visit) / 2 : 0;
  base::MemoryNeed need;
  for (const Matrix& m : matrices) {
    need.add(fmt::format("{}: its weights as lists of {} MACs", m.part, config.mac_array.macs),
             base::product({sizeof(Entry) + visit, m.kept_weights}));
  }
  return need;
}

/// Of the largest block: its entries, that only visit a column among them, and visits. Lists grow.
std::uint64_t pass_bytes(const std::vector<Matrix>& matrices, const Config& config) {
  const MacArrayConfig& array = config.mac_array;
  const std::uint64_t zeros = array.sparse.row_mark == RowMark::kZeros
                                  ? array.accumulators_at_once() >> array.sparse.row_bits
                                  : 0;
  std::uint64_t most = 0;
  for (const Matrix& m : matrices) {
    const std::uint64_t marks = base::product({array.macs, m.columns, 1 + zeros});
    most = std::max(most, base::product({m.kept_weights + marks, 2 * sizeof(Entry) + sizeof(Visit) +
                                                                     sizeof(std::uint16_t)}));
  }
  return most;
}

/// What every run holds.
base::MemoryNeed any_run_need(const std::vector<Matrix>& matrices, std::uint64_t sentences,
                              const Config& config, const core::RunOptions& options) {
  base::MemoryNeed need;
  need.add("records of the sentences", base::product({sentences, kSentenceBytes}));
  if (options.timeline) need.add("the timeline", core::timeline_bytes());
  if (config.mac_array.partial_passes()) {
    need.add("the columns of a pass", pass_bytes(matrices, config));
  }
  return need;
}

/// Which outputs of ReLU are not zero: with values those of all sentences, else those of one.
base::MemoryNeed inputs_need(const workload::NetworkTask& task, bool values) {
  std::uint64_t all = 0;
  std::uint64_t most = 0;
  for (const workload::Sample& s : task.samples) {
    std::uint64_t bytes = 0;
    for (const std::uint32_t op : workload::relu_operators(task.model)) {
      const workload::Operator& relu = task.model.operators[op];
      workload::Sample longest = s;  // that decoding may make of it
      longest.target_tokens = std::max(s.target_tokens, s.max_target_tokens);
      const std::uint64_t tokens = workload::positions_of(task.model, relu, longest);
      bytes += workload::rows_bytes(tokens, relu.features());
    }
    all += bytes;
    most = std::max(most, bytes);
  }
  base::MemoryNeed need;
  need.add("inputs that are not zero", values ? all : most);
  return need;
}

}  // namespace

base::MemoryNeed least_matrices_need(const workload::Network& model, const Config& config,
                                     core::Engine engine) {
  return least_need(matrices_of(model), config, engine);
}

base::MemoryNeed least_matrices_need(const workload::SparseProducts& task, const Config& config,
                                     core::Engine engine) {
  return least_need(matrices_of(task), config, engine);
}

base::MemoryNeed run_need(const workload::NetworkTask& task, const Config& config,
                          const core::RunOptions& options) {
  base::MemoryNeed need;
  const bool values = options.values && task.model.has_values;
  if (values) need.add(values::translation_need(task));
  need.add(any_run_need(matrices_of(task.model), task.samples.size(), config, options));
  if (config.mac_array.skip_zero_inputs) need.add(inputs_need(task, values));
  return need;
}

base::MemoryNeed run_need(const workload::SparseProducts& task, const Config& config,
                          const core::RunOptions& options) {
  return any_run_need(matrices_of(task), task.products.size(), config, options);
}

}  // namespace sim::optimus
