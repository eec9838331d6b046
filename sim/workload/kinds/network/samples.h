#pragma once

#include <cstdint>
#include <vector>

#include "sim/workload/kinds/network/config.h"
#include "sim/workload/kinds/network/graph.h"
#include "sim/workload/network.h"

namespace sim::workload::network {

/// Their lengths.
std::vector<Sample> samples_of(const Config& config);

/// What the samples' tensors and tokens hold.
std::uint64_t sample_bytes(const Config& config);

/// The tensors, which lie in `drawn`, and the tokens of a task's samples.
void draw_samples(const Config& config, NetworkTask& task, Drawn& drawn);

}  // namespace sim::workload::network
