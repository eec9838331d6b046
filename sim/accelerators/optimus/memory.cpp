#include "sim/accelerators/optimus/memory.h"

#include <fmt/format.h>

#include "sim/accelerators/optimus/occupancy.h"
#include "sim/accelerators/optimus/sparse_format.h"
#include "sim/values/memory.h"

namespace sim::optimus {
namespace {

constexpr std::uint64_t kSentenceBytes = 1024;  // its row of sentences.csv and what it is made of

}  // namespace

base::MemoryNeed least_matrices_need(const workload::Model& model, const Config& config,
                                     core::Engine engine) {
  const std::uint64_t visit = looks_ahead(engine) ? sizeof(Visit) / 2 : 0;
  base::MemoryNeed need;
  for (const workload::Operator& op : model.operators) {
    if (op.columns == 0) continue;
    need.add(fmt::format("operator '{}': its weights as lists of {} MACs", op.name,
                         config.mac_array.macs),
             base::product({sizeof(Entry) + visit, workload::kept_weights(op)}));
  }
  return need;
}

base::MemoryNeed run_need(const workload::TranslationTask& task, const core::RunOptions& options) {
  base::MemoryNeed need;
  if (options.values && task.model.has_values) need.add(values::translation_need(task));
  need.add("records of the sentences", base::product({task.sentences.size(), kSentenceBytes}));
  if (options.timeline) need.add("the timeline", core::timeline_bytes());
  return need;
}

}  // namespace sim::optimus
