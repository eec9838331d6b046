#include "sim/workload/lut_workload.h"

#include <fmt/format.h>

#include <utility>

#include "sim/base/printable.h"
#include "sim/workload/lut_program_file.h"
#include "sim/workload/lut_vectors.h"
#include "sim/workload/memory.h"
#include "sim/workload/open_tensors.h"

namespace sim::workload {
namespace {

using base::ConfigReader;

constexpr std::uint64_t kMaxDrawnBits = std::uint64_t{1} << 33;  // 1 GiB

/// The chosen vectors of the program's file.
LutVectors chosen_vectors(const LutVectors& all, const LutsConfig& config, const ConfigReader& in) {
  const std::uint32_t available = all.inputs.rows;
  if (available == 0) {
    in.fail("stimulus", fmt::format("is vectors, but {} has none; use random",
                                    base::printable(config.program)));
  }
  const auto check_number = [&](std::string_view key, std::uint64_t number) {
    if (number < available) return;
    in.fail(key, fmt::format("number {} is not among the program's vectors, 0 to {}", number,
                             available - 1));
  };
  check_number("samples.first", config.first);
  const std::uint32_t count = config.count > 0 ? config.count : available - config.first;
  check_number("samples.count", std::uint64_t{config.first} + count - 1);
  return cut(all, config.first, count);
}

LutVectors vectors_to_draw(const LutProgram& program, const LutsConfig& config,
                           const ConfigReader& in) {
  const std::uint32_t count = config.count > 0 ? config.count : kRandomSamples;
  if (std::uint64_t{count} * program.inputs > kMaxDrawnBits) {
    in.fail("samples.count", fmt::format("{} samples of {} bits; at most {} bits are allowed",
                                         count, program.inputs, kMaxDrawnBits));
  }
  return undrawn_vectors(program.inputs, count);
}

void draw_vectors(Workload& workload, const LutsConfig& config, std::uint64_t seed,
                  const ConfigReader& in, const LoadOptions& options) {
  if (options.before_drawing) options.before_drawing(workload);
  if (options.draw != Draw::kAll) return;
  LutVectors& vectors = std::get<LutTask>(workload.task).vectors;
  const auto [samples, bits] = std::pair(vectors.inputs.rows, vectors.inputs.bits);
  options.memory.check(samples_need(bits, samples), in.file_name());
  vectors = random_vectors(bits, samples, config.ones_percent, seed);
}

}  // namespace

Workload load_luts(const LutsConfig& config, std::uint64_t seed, const ConfigReader& in,
                   const std::string& program, const LoadOptions& options) {
  const auto content = open_tensors(program, options.memory);
  LutTask task = read_lut_program(*content);
  const bool is_drawn = config.stimulus == StimulusKind::kRandom;
  task.vectors = is_drawn ? vectors_to_draw(task.program, config, in)
                          : chosen_vectors(task.vectors, config, in);
  Workload workload;
  workload.name = name_of_file(in.file_name());
  workload.description = content->origin();
  workload.task = std::move(task);
  if (is_drawn) draw_vectors(workload, config, seed, in, options);
  return workload;
}

}  // namespace sim::workload
