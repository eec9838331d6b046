#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/accelerators/optimus/run_record.h"

namespace sim::optimus {

/// How long reads of several cycles keep the banks of a memory busy in the layer that loads them
/// most: cycles of its reads / (banks * cycles that the array took for it), the mean of its banks.
struct BankLoad {
  std::uint32_t layer = 0;
  double percent = 0;  // above 100: more than the banks can do
};
BankLoad heaviest_load(const RunRecord& record, std::uint64_t ArrayEvents::*reads,
                       std::uint64_t access_cycles, std::uint64_t banks);

/// Reads of weights and column marks cost no cycles: they are taken to be asked for ahead. Where
/// they may take more than one and columns are left out or marks are slow, so that nothing else
/// guarantees it, a note says how busy that makes the banks.
std::vector<std::string> bank_notes(const RunRecord& record, const Program& program,
                                    const Config& config);

}  // namespace sim::optimus
