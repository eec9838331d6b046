#include "sim/accelerators/optimus/memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/accelerators/optimus/occupancy.h"
#include "sim/accelerators/optimus/sparse_format.h"
#include "sim/base/math.h"
#include "sim/values/memory.h"

namespace sim::optimus {
namespace {

using base::product;
using workload::Operator;

constexpr std::uint64_t kSentenceBytes = 1024;  // its row of sentences.csv and what it is made of
constexpr std::uint64_t kLongerList = 2;        // the longest list, in mean lists

/// A matrix in the array's format.
class Lists {
 public:
  Lists(const Operator& op, const Config& config)
      : columns_(op.columns), macs_(config.mac_array.macs), kept_(workload::kept_weights(op)) {
    const MacArrayConfig& array = config.mac_array;
    const bool shared = array.accumulators == Accumulators::kShared;
    const std::uint64_t rows_at_once =
        product({array.sets(), array.accumulators_per_mac, shared ? array.sparse.ways : 1});
    blocks_ = base::ceil_div(std::uint64_t{op.rows}, std::max<std::uint64_t>(1, rows_at_once));
    const bool delta = array.sparse.column_mark == ColumnMark::kDelta;
    const std::uint64_t reach = (std::uint64_t{1} << array.sparse.delta_bits) - 1;
    const std::uint64_t most = product({blocks_, macs_, columns_});
    fillers_ = delta ? most / std::max<std::uint64_t>(1, reach) : most;
  }

  std::uint64_t entries() const { return kept_ + fillers_; }
  /// Lists as they are kept, and as one grows.
  std::uint64_t encoded() const {
    return product({sizeof(Entry), entries() + entries() / blocks_});
  }

  std::uint64_t occupancy() const {
    const std::uint64_t mean = entries() / (blocks_ * macs_) + 1;
    const std::uint64_t chain =
        std::min<std::uint64_t>(kMaxChainColumns, product({columns_, kLongerList * mean + 1}) / 2);
    const std::uint64_t chains = product({2, blocks_ + 2, chain});  // one is built backwards
    const std::uint64_t progress = product({blocks_, columns_, macs_ + 12});
    return product({sizeof(Visit), entries()}) + chains + progress;
  }

 private:
  std::uint64_t columns_;
  std::uint64_t macs_;
  std::uint64_t kept_;
  std::uint64_t blocks_ = 1;
  std::uint64_t fillers_ = 0;
};

void add_lists(base::MemoryNeed& need, const Operator& op, const Config& config,
               core::Engine engine) {
  const Lists lists(op, config);
  const std::uint64_t ahead = engine == core::Engine::kSkip ? lists.occupancy() : 0;
  need.add(
      fmt::format("operator '{}': its weights as lists of {} MACs", op.name, config.mac_array.macs),
      lists.encoded() + ahead);
}

}  // namespace

base::MemoryNeed memory_need(const workload::TranslationTask& task, const Config& config,
                             const core::RunOptions& options) {
  base::MemoryNeed need;
  for (const Operator& op : task.model.operators) {
    if (op.columns > 0) add_lists(need, op, config, options.engine);
  }
  if (options.values && task.model.has_values) need.add(values::translation_need(task));
  need.add("records of the sentences", product({task.sentences.size(), kSentenceBytes}));
  if (options.timeline) need.add("the timeline", core::timeline_bytes());
  return need;
}

}  // namespace sim::optimus
