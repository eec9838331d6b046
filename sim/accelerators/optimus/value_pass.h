#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/core/accelerator.h"
#include "sim/values/translator.h"
#include "sim/workload/network.h"

namespace sim::optimus {

/// What the sentences of a task become.
struct ValuePass {
  std::vector<SentenceLengths> lengths;  // T as produced
  std::vector<values::Translation> translations;
  std::uint64_t compared_values = 0;  // all equal to the reference, or the pass throws
  std::uint64_t macs = 0;             // kept weights and attention entries
  /// With zero inputs skipped: of each sentence, by operator, which outputs behind a ReLU are not
  /// zero, [positions x rows].
  std::vector<std::map<std::uint32_t, std::shared_ptr<const workload::Mask>>> relu_outputs{};
};

/// Runs every sentence through the task's integer model, redundancy skipping as in `config`,
/// and compares tokens and reference outputs. Throws base::SimulationError at the first difference.
ValuePass run_values(const workload::NetworkTask& task, const Config& config,
                     core::Progress& progress);

/// Lengths as the task states them, for runs without values.
std::vector<SentenceLengths> stated_lengths(const workload::NetworkTask& task);

/// translations.csv; without rows when there are no translations.
core::Table translation_table(const workload::NetworkTask& task, const ValuePass& pass);

}  // namespace sim::optimus
