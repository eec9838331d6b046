#pragma once

#include <string>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/machine.h"
#include "sim/base/rng.h"
#include "sim/core/accelerator.h"
#include "sim/workload/network.h"
#include "sim/workload/sparse_products.h"

namespace sim::optimus::test {

/// The block `optimus:` from YAML text.
Config config_of(const std::string& yaml);

struct Shape {
  std::uint32_t layers = 1;  // encoder and decoder each
  std::uint32_t d_model = 16;
  std::uint32_t heads = 2;
  std::uint32_t d_ff = 32;
  std::uint32_t vocabulary = 50;
  double density = 0.3;
  std::uint64_t seed = 1;
};

/// A synthetic Transformer with iid masks.
workload::Network model_of(const Shape& shape);

/// Begins a line of simulate()'s text when a series of the timeline, which covers the run, does not
/// sum up to the counter of its name.
constexpr const char* kBrokenSum = "BROKEN SUM";

/// All counters of a simulation as text, one "name value" a line, tables and timeline included.
/// Runs in a process of its own.
std::string simulate(const workload::Network& model, const Config& config,
                     const MachineOptions& options, const std::vector<SentenceLengths>& sentences);

/// The same of a model that is compiled already.
std::string simulate(const Program& program, const Config& config, const MachineOptions& options,
                     const std::vector<SentenceLengths>& sentences);

/// The same for products by themselves; inputs that are zero are those of the task if the machine
/// skips them.
std::string simulate(const workload::SparseProducts& task, const Config& config,
                     core::Engine engine);

/// The number behind `key` in simulate()'s text: "counter embedder table_reads".
std::uint64_t number_after(const std::string& text, const std::string& key);

/// A number of a headline or of a table cell in simulate()'s text: the line "headline cycles 12".
std::uint64_t headline(const std::string& text, const std::string& name);

/// kAlike: any pass of a block takes as long as any other, so that its cost is known ahead.
enum class RandomMemory { kAny, kAlike };

/// A machine drawn at random, as the block `optimus:`, and a model to run on it.
std::string random_machine(base::Rng& rng, RandomMemory memory = RandomMemory::kAny);
Shape random_shape(base::Rng& rng);

}  // namespace sim::optimus::test
