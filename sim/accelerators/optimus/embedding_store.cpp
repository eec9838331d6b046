#include "sim/accelerators/optimus/embedding_store.h"

#include <algorithm>
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

/// A table as an operator reads it.
struct TableOf {
  TableKey key;
  EmbeddingTable table;
  bool by_token;
};

EmbeddingTable table_of(std::span<const std::int8_t> elements, std::uint32_t features) {
  return {elements.size() / features, features};
}

std::vector<TableOf> tables_of(const workload::Network& model, const workload::Embedding& e,
                               std::uint64_t longest) {
  const std::uint32_t f = e.features;
  std::vector<TableOf> tables;
  if (model.has_values) {
    tables.push_back({{e.table.data(), 0}, table_of(e.table, f), true});
    if (e.has_positions) {
      tables.push_back({{e.positions.data(), 0}, table_of(e.positions, f), false});
    }
    return tables;
  }
  const std::uint64_t key = std::uint64_t{f} * 2;
  tables.push_back({{nullptr, key}, {model.limits.vocabulary, f}, true});
  if (e.has_positions) tables.push_back({{nullptr, key + 1}, {longest, f}, false});
  return tables;
}

std::vector<TableOf> tables_of(const workload::Network& model, const workload::Operator& op,
                               std::uint64_t longest) {
  if (const auto* e = std::get_if<workload::Embedding>(&op.body)) {
    return tables_of(model, *e, longest);
  }
  const auto* constant = std::get_if<workload::Constant>(&op.body);
  if (constant == nullptr) return {};
  const void* elements = model.has_values ? static_cast<const void*>(constant->value.data()) : &op;
  return {{{elements, 0}, {op.shape.tokens, op.features()}, false}};
}

/// Calls visit(table, number, is_new) for each table of an operator, with the number in the order
/// of first use.
class TableNumbers {
 public:
  template <class Visit>
  void visit(const std::vector<TableOf>& tables, const Visit& visit) {
    for (const TableOf& table : tables) {
      const auto number = static_cast<std::uint32_t>(numbers_.size());
      const auto [found, is_new] = numbers_.try_emplace(table.key, number);
      visit(table, found->second, is_new);
    }
  }

 private:
  std::map<TableKey, std::uint32_t> numbers_;
};

/// Bytes of the rows of a layer's tables.
std::uint64_t bytes_of(const Config& config, const Layer& layer, std::uint64_t tokens) {
  const std::uint64_t bits = config.precision.weight_bits;
  const std::uint64_t rows = layer.tables.size() * tokens;
  if (config.memories.tables_in_dram()) return rows * row_bytes(layer.outputs, bits);
  return base::ceil_div(rows * layer.outputs * bits, 8);
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
  TableNumbers numbers;
  for (const workload::Operator& op : model.operators) {
    numbers.visit(tables_of(model, op, longest), [&](const TableOf& t, std::uint32_t, bool is_new) {
      if (is_new) tables.push_back(t.table);
    });
  }
  return tables;
}

std::vector<std::vector<TableRead>> tables_of_embeddings(const workload::Network& model) {
  std::vector<std::vector<TableRead>> all;
  TableNumbers numbers;
  for (const workload::Operator& op : model.operators) {
    if (unit_of(op.kind()) != UnitId::kEmbedder) continue;
    std::vector<TableRead>& reads = all.emplace_back();
    numbers.visit(tables_of(model, op, 0), [&](const TableOf& t, std::uint32_t number, bool) {
      reads.push_back({number, t.by_token});
    });
  }
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

void EmbeddingEvents::add(const Config& config, const Layer& layer, std::uint64_t tokens) {
  if (delivered_by_host(config, layer)) {
    host_bytes += base::ceil_div(tokens * layer.outputs * config.precision.activation_bits, 8);
  } else {
    table_reads += layer.tables.size() * tokens;
    table_bytes += bytes_of(config, layer, tokens);
  }
}

bool delivered_by_host(const Config& config, const Layer& layer) {
  return config.memories.embedding_store == EmbeddingStore::kHost || layer.tables.empty();
}

std::span<const stats::Field<EmbeddingEvents>> embedding_event_fields() { return kEvents; }

}  // namespace sim::optimus
