#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/accelerators/optimus/array_counts.h"
#include "sim/accelerators/optimus/dram_fetch.h"
#include "sim/accelerators/optimus/embedding_store.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/core/unit_record.h"
#include "sim/hw/unit_cycles.h"

namespace sim::optimus {

using hw::unit_cycle_fields;
using hw::UnitCycles;

/// When a sentence ran.
struct SentenceTiming {
  SentenceLengths lengths;
  std::uint64_t begin = 0;          // cycle of its first command
  std::uint64_t decoder_begin = 0;  // cycle of its first decoding step
  std::uint64_t first_token = 0;    // cycle in which that step ends
  std::uint64_t end = 0;            // cycle in which its last result is known
};

/// All executions of a layer together.
struct LayerRecord {
  std::uint64_t executions = 0;    // commands
  std::uint64_t tokens = 0;        // positions computed
  std::uint64_t skipped_macs = 0;  // of columns left out for their zero inputs
  std::uint64_t elements = 0;      // that passed lanes
  UnitCycles cycles{};             // of its unit, but idle ones
  // On the MAC array. MAC-cycles in which it had no command, or waited for the inputs of one, are
  // not among the counts.
  ArrayCounts counts{};
  ArrayEvents events{};
  std::uint32_t tile_tokens = 0;  // of its largest pass; 0: not sparse
};

struct UnitTotals {
  bool present = true;  // whether the machine has the unit
  UnitCycles cycles{};
  std::uint64_t elements = 0;  // written or passed through lanes; 0: the MAC array
};

/// What a run counted: plain data, from which results, conservation and energy follow.
struct RunRecord {
  std::uint64_t cycles = 0;
  std::vector<LayerRecord> layers{};       // by layer of the program
  std::array<UnitTotals, kUnits> units{};  // by UnitId
  EmbeddingEvents embedding{};
  std::vector<SentenceTiming> sentences{};
  std::optional<DramRecord> dram{};  // if the machine reads from one

  const UnitTotals& unit(UnitId id) const { return units[index_of(id)]; }
  /// Sums over all layers.
  ArrayCounts counts() const;
  ArrayEvents events() const;
  /// Of the largest pass of any layer, at least 1: so many tokens the input window holds.
  std::uint32_t tile_tokens() const;
};

/// What the units counted, for tables and laws that every machine has.
std::vector<core::UnitRecord> unit_records(const RunRecord& record);

}  // namespace sim::optimus
