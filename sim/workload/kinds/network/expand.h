#pragma once

#include <string>
#include <vector>

#include "sim/workload/kinds/network/layers.h"

namespace sim::workload::network {

/// The layers in execution order, repeated ones one by one, each with its whole name and all of its
/// inputs by whole names. `first`: what the first of them reads. Throws WorkloadError for more than
/// 8192 of them; `file` begins the message.
std::vector<Layer> expanded(const std::vector<Block>& blocks, const std::string& first,
                            const std::string& file);

}  // namespace sim::workload::network
