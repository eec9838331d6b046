#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/energy/activity.h"
#include "sim/stats/stats.h"
#include "sim/workload/network.h"

namespace sim::optimus {

/// The token and position tables of a model and its constants, each once even when several
/// operators read it. Sizes are those of the operators' own tables. Without values there is one
/// token table, of the vocabulary's rows, and one position table, as long as the longest sentence.
std::vector<EmbeddingTable> embedding_tables(const workload::Network& model,
                                             std::span<const SentenceLengths> lengths);

/// Bytes of all tables at the width of a stored weight.
std::uint64_t embedding_bytes(const Program& program, const Config& config);

/// The on-chip store: banks of at most 2 MiB, each as wide as what is embedded in a cycle.
energy::MemoryShape embedding_memory(const Program& program, const Config& config);

/// Of each operator that the embedder executes, in order, its tables among embedding_tables().
std::vector<std::vector<TableRead>> tables_of_embeddings(const workload::Network& model);

/// Whether the layer's rows come from outside: where the tables are there, and inputs always.
bool delivered_by_host(const Config& config, const Layer& layer);

/// Bytes of a row in DRAM, where each row has whole ones.
std::uint64_t row_bytes(std::uint64_t features, std::uint64_t weight_bits);

/// What embedding has moved. Every element embedded is the sum of an element of each of the layer's
/// tables, unless the host delivers it.
struct EmbeddingEvents {
  std::uint64_t table_reads = 0;
  std::uint64_t table_bytes = 0;
  std::uint64_t host_bytes = 0;

  void add(const Config& config, const Layer& layer, std::uint64_t tokens);
};

std::span<const stats::Field<EmbeddingEvents>> embedding_event_fields();

}  // namespace sim::optimus
