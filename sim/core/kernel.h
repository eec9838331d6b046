#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace sim::core {

/// Runs the SystemC kernel until the machine stops it, for max_cycles at most: a run of exactly so
/// many is done.
/// `finished` tells whether the machine is done; when the kernel ends before, base::SimulationError
/// says whether the limit of cycles was reached or nothing could go on, with `states`, what each
/// unit was doing.
void run_kernel(const std::function<bool()>& finished, std::optional<std::uint64_t> max_cycles,
                const std::function<std::string()>& states);

}  // namespace sim::core
