#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"

namespace sim::optimus::test {

/// What a run must count whatever its timing, by the rules that README.md beside the machine
/// states. The names are those of the counters; MAC-cycles for the cycles of shape alone.
using Work = std::map<std::string, std::uint64_t>;

/// Shares no code with the machine: of the program it takes layers and encoded blocks only, which
/// have judges of their own. Tiles of tokens must be `largest` or a number.
Work work_of(const Program& program, const Config& config,
             const std::vector<SentenceLengths>& sentences);

/// Weight banks and, where a format has some, those of column marks, as the machine's memories are
/// written in simulate()'s text.
std::vector<std::string> banks_of(const Program& program, const Config& config);

}  // namespace sim::optimus::test
