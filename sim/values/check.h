#pragma once

#include <cstdint>
#include <vector>

#include "sim/values/translator.h"
#include "sim/workload/network.h"

namespace sim::values {

/// Operators that the task has reference outputs of for this sentence (Sample::index), in the
/// order of its points: what Translator::translate must return for check_sentence.
std::vector<std::uint32_t> reference_operators(const workload::NetworkTask& task,
                                               std::uint32_t sentence);

/// Compares a translation's tokens and outputs with the task's reference, whole tensors; a task of
/// drawn values has none.
/// Returns the number of values compared. Throws SimulationError naming sentence, operator, index
/// and both values at the first difference.
std::uint64_t check_sentence(const workload::NetworkTask& task, const workload::Sample& sentence,
                             const Translation& translation);

/// Translates and compares every sentence; returns the number of values compared.
std::uint64_t check_reference(const workload::NetworkTask& task, const Decoding& decoding = {});

}  // namespace sim::values
