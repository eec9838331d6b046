#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/run_record.h"
#include "sim/core/accelerator.h"
#include "sim/core/unit_record.h"

namespace sim::optimus {

/// Bytes that port and memory can move in a cycle of the machine, whatever is asked of them. Of a
/// DRAM with banks, all its data buses.
double dram_peak(const Config& config);

/// Cycles of the DMA and its counters.
core::UnitRecord dma_record(const DramRecord& record);
/// Clocks of the DRAM's channels, which are cycles of the machine when it has no banks, and its
/// counters.
core::UnitRecord dram_record(const DramRecord& record);

/// Rows of units.csv: the DMA, and the DRAM with the clocks of all its channels as cycles of the
/// run, each channel weighing the same: rounded so that they are the run's if the clocks are.
std::vector<core::UnitRecord> dram_cycle_records(const DramRecord& record, const Config& config);

/// dram.csv.
core::Table dram_table(const DramRecord& record, const Config& config);

/// Throws base::SimulationError unless the DMA's cycles are those of the run, the clocks of the
/// DRAM's channels those that begin in the run, and `bytes`, which its users asked for, those that
/// the DMA received and the DRAM was asked for.
void check_dram(const DramRecord& record, const Config& config, std::uint64_t bytes);

}  // namespace sim::optimus
