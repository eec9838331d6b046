#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/energy/activity.h"
#include "sim/stats/stats.h"
#include "sim/workload/translation.h"

namespace sim::optimus {

/// The token and position tables of a model, each once even when several embeddings read it. Sizes
/// are those of the embeddings' own tables. Without values there is one token table, of the
/// vocabulary's rows, and one position table, as long as the longest sentence.
std::vector<EmbeddingTable> embedding_tables(const workload::Model& model,
                                             std::span<const SentenceLengths> lengths);

/// Bytes of all tables at the width of a stored weight.
std::uint64_t embedding_bytes(const Program& program, const Config& config);

/// The on-chip store: banks of at most 2 MiB, each as wide as what is embedded in a cycle.
energy::MemoryShape embedding_memory(const Program& program, const Config& config);

/// Cycles beyond those of the lanes until `elements` embedded ones are there: with tables in DRAM
/// its latency, and what two vectors a token take longer to arrive than to be added.
std::uint64_t embedding_delay(const Config& config, std::uint64_t elements);

/// What embedding has moved. Every element embedded is the sum of two table elements, unless the
/// host delivers it.
struct EmbeddingEvents {
  std::uint64_t table_reads = 0;
  std::uint64_t table_bytes = 0;
  std::uint64_t host_bytes = 0;

  void add(const Config& config, std::uint64_t tokens, std::uint64_t features);
};

std::span<const stats::Field<EmbeddingEvents>> embedding_event_fields();

}  // namespace sim::optimus
