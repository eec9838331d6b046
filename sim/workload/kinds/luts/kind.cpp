#include <fmt/format.h>

#include <utility>

#include "sim/base/printable.h"
#include "sim/workload/kinds/luts/config.h"
#include "sim/workload/kinds/luts/lut_vectors.h"
#include "sim/workload/lut_program_file.h"
#include "sim/workload/memory.h"
#include "sim/workload/open_tensors.h"
#include "sim/workload/workload_kind.h"

namespace sim::workload::luts {
namespace {

using base::ConfigReader;

constexpr std::uint64_t kMaxDrawnBits = std::uint64_t{1} << 33;  // 1 GiB

/// The chosen vectors of the program's file.
LutVectors chosen_vectors(const LutVectors& all, const Config& config, const ConfigReader& in) {
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

LutVectors vectors_to_draw(const LutProgram& program, const Config& config,
                           const ConfigReader& in) {
  const std::uint32_t count = config.count > 0 ? config.count : kRandomSamples;
  if (std::uint64_t{count} * program.inputs > kMaxDrawnBits) {
    in.fail("samples.count", fmt::format("{} samples of {} bits; at most {} bits are allowed",
                                         count, program.inputs, kMaxDrawnBits));
  }
  return undrawn_vectors(program.inputs, count);
}

base::MemoryNeed samples_need(std::uint32_t inputs, std::uint64_t samples) {
  base::MemoryNeed need;
  need.add(fmt::format("{} samples of {} bits", samples, inputs), rows_bytes(samples, inputs));
  return need;
}

/// Draws the samples that the vectors have room for.
void draw(LutVectors& vectors, const Config& config, const ConfigReader& in,
          const LoadOptions& options) {
  const auto [samples, bits] = std::pair(vectors.inputs.rows, vectors.inputs.bits);
  options.memory.check(samples_need(bits, samples), in.file_name());
  vectors = random_vectors(bits, samples, config.ones_percent, config.seed);
}

/// The program with the inputs that the workload file `in` asks for.
Workload load_program(const Config& config, const ConfigReader& in, const LoadOptions& options) {
  const auto content = open_tensors(beside(in, config.program), options.memory);
  const auto task = std::make_shared<LutTask>(read_lut_program(*content));
  const bool is_drawn = config.stimulus == StimulusKind::kRandom;
  task->vectors = is_drawn ? vectors_to_draw(task->program, config, in)
                           : chosen_vectors(task->vectors, config, in);
  Workload workload{name_of_file(in.file_name()), content->origin(), {{"", task}}};
  if (!is_drawn) return workload;
  if (options.before_drawing) options.before_drawing(workload);
  if (options.draw == Draw::kAll) draw(task->vectors, config, in, options);
  return workload;
}

class Source final : public WorkloadSource {
 public:
  explicit Source(Config config) : config_(std::move(config)) {}

  Workload load(const ConfigReader& in, const LoadOptions& options) const override {
    return in.opened_for("program", [&] { return load_program(config_, in, options); });
  }

 private:
  Config config_;
};

class Luts final : public WorkloadKind {
 public:
  std::string_view name() const override { return "luts"; }
  std::string_view description() const override { return "a program of look-up tables"; }
  int rank() const override { return 3; }
  std::unique_ptr<const WorkloadSource> configure(ConfigReader& in) const override {
    return std::make_unique<Source>(Config::from(in));
  }
  bool draws_at_random(ConfigReader& in) const override {
    return read_stimulus(in) == StimulusKind::kRandom;
  }
};

}  // namespace

const WorkloadKind& kind() {
  static const Luts kLuts;
  return kLuts;
}

}  // namespace sim::workload::luts
