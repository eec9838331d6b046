#include "sim/accelerators/optimus/dram_layout.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "sim/accelerators/optimus/embedding_store.h"
#include "sim/base/math.h"
#include "sim/base/rng.h"

namespace sim::optimus {

std::vector<std::uint64_t> bytes_until(const EncodedBlock& block) {
  const std::vector<std::uint32_t> bytes = block.column_bytes();
  std::vector<std::uint64_t> until(bytes.size());
  std::partial_sum(bytes.begin(), bytes.end(), until.begin(), std::plus<std::uint64_t>());
  return until;
}

DramLayout::DramLayout(const Program& program, const Config& config)
    : program_(program),
      align_(config.memories.dram_request_bytes),
      weight_bits_(config.precision.weight_bits) {
  for (const Layer& layer : program.layers) {
    if (!config.memories.streamed() || !layer.matrix) continue;
    for (const EncodedBlock& block : layer.matrix->blocks) {
      const auto [found, is_new] = weights_.try_emplace(&block);
      if (!is_new) continue;
      found->second.bytes_until = optimus::bytes_until(block);
      found->second.address = place(found->second.bytes());
    }
  }
  if (!config.memories.tables_in_dram()) return;
  for (const EmbeddingTable& table : program.embedding_tables) {
    const std::uint64_t rows = std::max<std::uint64_t>(1, table.rows);
    tables_.push_back(place(rows * row_bytes(table.features, weight_bits_)));
  }
}

std::uint64_t DramLayout::place(std::uint64_t bytes) {
  const std::uint64_t address = base::ceil_div(end_, align_) * align_;
  end_ = address + bytes;
  return address;
}

std::vector<DramRun> DramLayout::rows(const Layer& embedding, std::uint64_t position) const {
  const std::uint64_t bytes = row_bytes(embedding.outputs, weight_bits_);
  const auto run = [&](const TableRead& read) {
    const std::uint64_t rows =
        std::max<std::uint64_t>(1, program_.embedding_tables[read.table].rows);
    const std::uint64_t wanted = read.by_token ? base::Rng(position, "token").next() : position;
    return DramRun{tables_[read.table] + wanted % rows * bytes, bytes};
  };
  std::vector<DramRun> runs;
  for (const TableRead& read : embedding.tables) runs.push_back(run(read));
  return runs;
}

}  // namespace sim::optimus
