#include "sim/workload/lut_workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/base/error.h"
#include "sim/workload/lut_program_file.h"
#include "sim/workload/lut_vectors.h"
#include "sim/workload/memory.h"
#include "sim/workload/open_tensors.h"

namespace sim::workload {
namespace {

constexpr std::uint64_t kMaxDrawnBits = std::uint64_t{1} << 33;  // 1 GiB

/// The chosen vectors of the program's file.
LutVectors chosen_vectors(const LutVectors& all, const LutsConfig& config,
                          const std::string& file) {
  const std::uint32_t available = all.inputs.rows;
  if (available == 0) {
    throw base::WorkloadError(
        fmt::format("{}: stimulus: is vectors, but {} has none; use random", file, config.program));
  }
  const std::uint64_t end =
      config.count > 0 ? std::uint64_t{config.first} + config.count : available;
  if (config.first >= available || end > available) {
    throw base::WorkloadError(
        fmt::format("{}: samples: the program has vectors 0 to {}; asked for are {} to {}", file,
                    available - 1, config.first, std::max<std::uint64_t>(end - 1, config.first)));
  }
  return cut(all, config.first, static_cast<std::uint32_t>(end - config.first));
}

LutVectors drawn_vectors(const LutProgram& program, const LutsConfig& config, std::uint64_t seed,
                         const std::string& file, const LoadOptions& options) {
  const std::uint32_t count = config.count > 0 ? config.count : kRandomSamples;
  if (std::uint64_t{count} * program.inputs > kMaxDrawnBits) {
    throw base::WorkloadError(
        fmt::format("{}: samples: {} samples of {} bits; at most {} bits are allowed", file, count,
                    program.inputs, kMaxDrawnBits));
  }
  if (!options.draw_samples) return undrawn_vectors(program.inputs, count);
  options.memory.check(samples_need(program.inputs, count), file);
  return random_vectors(program.inputs, count, config.ones_percent, seed);
}

}  // namespace

Workload load_luts(const LutsConfig& config, std::uint64_t seed, const std::string& file,
                   const std::string& program, const LoadOptions& options) {
  const auto content = open_tensors(program, options.memory);
  LutTask task = read_lut_program(*content);
  task.vectors = config.stimulus == StimulusKind::kVectors
                     ? chosen_vectors(task.vectors, config, file)
                     : drawn_vectors(task.program, config, seed, file, options);
  Workload workload;
  workload.description = content->origin();
  workload.task = std::move(task);
  return workload;
}

}  // namespace sim::workload
