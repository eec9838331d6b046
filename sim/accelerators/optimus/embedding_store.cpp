#include "sim/accelerators/optimus/embedding_store.h"

#include <algorithm>
#include <set>

#include "sim/base/math.h"

namespace sim::optimus {
namespace {

constexpr std::uint64_t kBankBytes = std::uint64_t{2} << 20U;  // the largest bank of the tables

constexpr stats::Field<EmbeddingEvents> kEvents[] = {
    {"table_reads", "rows", "rows of token and position tables read to embed tokens",
     &EmbeddingEvents::table_reads},
    {"table_bytes", "bytes", "of these rows, from the on-chip store or from DRAM",
     &EmbeddingEvents::table_bytes},
    {"host_bytes", "bytes", "embedded vectors that the host delivered",
     &EmbeddingEvents::host_bytes},
};

EmbeddingTable table_of(std::span<const std::int8_t> elements, std::uint32_t features) {
  return {elements.size() / features, features};
}

/// Two vectors a token, one of each table.
std::uint64_t bytes_of(const Config& config, std::uint64_t elements) {
  return base::ceil_div(2 * elements * config.precision.weight_bits, 8);
}

}  // namespace

std::vector<EmbeddingTable> embedding_tables(const workload::Model& model,
                                             std::span<const SentenceLengths> lengths) {
  std::uint32_t longest = 0;
  for (const SentenceLengths& s : lengths) {
    longest = std::max({longest, s.source_tokens, s.target_tokens});
  }
  std::vector<EmbeddingTable> tables;
  std::set<const std::int8_t*> seen;
  std::set<std::uint32_t> shapes;
  for (const workload::Operator& op : model.operators) {
    if (op.kind != workload::OperatorKind::kEmbedding) continue;
    if (!model.has_values) {
      if (!shapes.insert(op.rows).second) continue;
      tables.push_back({model.shape.vocabulary, op.rows});
      tables.push_back({longest, op.rows});
      continue;
    }
    for (const auto& elements : {op.values.weight, op.values.positions}) {
      if (seen.insert(elements.data()).second) tables.push_back(table_of(elements, op.rows));
    }
  }
  return tables;
}

std::uint64_t embedding_bytes(const Program& program, const Config& config) {
  std::uint64_t elements = 0;
  for (const EmbeddingTable& table : program.embedding_tables) {
    elements += table.rows * table.features;
  }
  return base::ceil_div(elements * config.precision.weight_bits, 8);
}

energy::MemoryShape embedding_memory(const Program& program, const Config& config) {
  const std::uint64_t configured = std::uint64_t{config.memories.embedding_kib} * 1024;
  const std::uint64_t bytes =
      std::max<std::uint64_t>(1, configured > 0 ? configured : embedding_bytes(program, config));
  const std::uint64_t banks = base::ceil_div(bytes, kBankBytes);
  return {.bank_bytes = base::ceil_div(bytes, banks),
          .width_bits = config.post.output_width_elements_per_cycle * config.precision.weight_bits,
          .banks = banks};
}

std::uint64_t embedding_delay(const Config& config, std::uint64_t elements) {
  if (config.memories.embedding_store != EmbeddingStore::kDram) return 0;
  const std::uint64_t load =
      base::ceil_div(bytes_of(config, elements), config.memories.dram_bytes_per_cycle);
  const std::uint64_t lanes = base::ceil_div(elements, config.post.output_width_elements_per_cycle);
  return config.memories.dram_latency_cycles + std::max(load, lanes) - lanes;
}

void EmbeddingEvents::add(const Config& config, std::uint64_t tokens, std::uint64_t features) {
  if (config.memories.embedding_store == EmbeddingStore::kHost) {
    host_bytes += base::ceil_div(tokens * features * config.precision.activation_bits, 8);
  } else {
    table_reads += 2 * tokens;
    table_bytes += bytes_of(config, tokens * features);
  }
}

std::span<const stats::Field<EmbeddingEvents>> embedding_event_fields() { return kEvents; }

}  // namespace sim::optimus
