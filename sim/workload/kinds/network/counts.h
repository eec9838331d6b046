#pragma once

#include <cstdint>
#include <string>

#include "sim/workload/network.h"

namespace sim::workload::network {

/// Weights, biases, tables of embeddings and constants of norms.
std::uint64_t parameters(const Network& network);

/// Multiplications of a sample, dense: of weights, and of queries, keys and values that see each
/// other. A decoder reads the prompt at once and computes the logits of the tokens that it chooses.
std::uint64_t macs(const Network& network, const Sample& sample);

/// "53 conv2d, 16 add, …", the most frequent first.
std::string operators_in_words(const Network& network);

}  // namespace sim::workload::network
