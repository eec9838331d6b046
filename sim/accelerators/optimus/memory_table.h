#pragma once

#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/accelerators/optimus/run_record.h"
#include "sim/core/accelerator.h"

namespace sim::optimus {

/// memories.csv: every on-chip memory, how large it is and why. Sizes that the configuration leaves
/// to the workload stand there as numbers.
core::Table memory_table(const RunRecord& record, const Program& program, const Config& config);
/// The same without rows.
core::Table memory_columns();

/// What the machine uses where the configuration says 0: as large, or as wide, as needed.
struct AutomaticSizes {
  double weight_bank_kib = 0;
  double embedding_store_kib = 0;  // 0: no tables on chip
  std::uint64_t kv_port_elements_per_cycle = 0;

  static AutomaticSizes of(const Program& program, const Config& config);
  std::vector<core::Headline> headlines() const;
};

}  // namespace sim::optimus
