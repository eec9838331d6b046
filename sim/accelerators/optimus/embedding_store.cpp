#include "sim/accelerators/optimus/embedding_store.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

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

/// What tells a table from another: its elements; without values its side and features.
using TableKey = std::pair<const void*, std::uint64_t>;

std::array<TableKey, 2> tables_of(const workload::Operator& op, bool has_values) {
  const auto& e = op.as<workload::Embedding>();
  if (has_values) return {{{e.table.data(), 0}, {e.positions.data(), 0}}};
  const std::uint64_t features = e.features;
  return {{{nullptr, features * 2}, {nullptr, features * 2 + 1}}};
}

EmbeddingTable table_of(std::span<const std::int8_t> elements, std::uint32_t features) {
  return {elements.size() / features, features};
}

/// Two vectors a token, one of each table.
std::uint64_t bytes_of(const Config& config, std::uint64_t tokens, std::uint64_t features) {
  const std::uint64_t bits = config.precision.weight_bits;
  if (config.memories.tables_in_dram()) return 2 * tokens * row_bytes(features, bits);
  return base::ceil_div(2 * tokens * features * bits, 8);
}

/// Calls visit(operator, side, number, is_new) for each embedding's tables, of tokens (side 0) and
/// of positions (1), with the table's number in the order of first use.
template <class Visit>
void visit_tables(const workload::Network& model, const Visit& visit) {
  std::map<TableKey, std::uint32_t> numbers;
  for (const workload::Operator& op : model.operators) {
    if (op.kind() != workload::OperatorKind::kEmbedding) continue;
    const auto keys = tables_of(op, model.has_values);
    for (std::size_t side = 0; side < keys.size(); ++side) {
      const auto number = static_cast<std::uint32_t>(numbers.size());
      const auto [found, is_new] = numbers.try_emplace(keys[side], number);
      visit(op, side, found->second, is_new);
    }
  }
}

}  // namespace

std::uint64_t row_bytes(std::uint64_t features, std::uint64_t weight_bits) {
  return base::ceil_div(features * weight_bits, 8);
}

std::vector<EmbeddingTable> embedding_tables(const workload::Network& model,
                                             std::span<const SentenceLengths> lengths) {
  std::uint32_t longest = 0;
  for (const SentenceLengths& s : lengths) {
    longest = std::max({longest, s.source_tokens, s.target_tokens});
  }
  std::vector<EmbeddingTable> tables;
  visit_tables(model, [&](const auto& op, std::size_t side, std::uint32_t /*number*/, bool is_new) {
    if (!is_new) return;
    const auto& e = op.template as<workload::Embedding>();
    if (model.has_values) {
      tables.push_back(table_of(side == 0 ? e.table : e.positions, e.features));
    } else {
      tables.push_back({side == 0 ? model.limits.vocabulary : longest, e.features});
    }
  });
  return tables;
}

std::vector<EmbeddingTables> tables_of_embeddings(const workload::Network& model) {
  std::vector<EmbeddingTables> all;
  visit_tables(model, [&](const auto&, std::size_t side, std::uint32_t number, bool) {
    if (side == 0) all.emplace_back();
    (side == 0 ? all.back().tokens : all.back().positions) = number;
  });
  return all;
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

void EmbeddingEvents::add(const Config& config, std::uint64_t tokens, std::uint64_t features) {
  if (config.memories.embedding_store == EmbeddingStore::kHost) {
    host_bytes += base::ceil_div(tokens * features * config.precision.activation_bits, 8);
  } else {
    table_reads += 2 * tokens;
    table_bytes += bytes_of(config, tokens, features);
  }
}

std::span<const stats::Field<EmbeddingEvents>> embedding_event_fields() { return kEvents; }

}  // namespace sim::optimus
