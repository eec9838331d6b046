#include <fmt/format.h>

#include <utility>

#include "sim/base/file.h"
#include "sim/base/printable.h"
#include "sim/workload/kinds/nvdla_program/config.h"
#include "sim/workload/kinds/nvdla_program/sequencer.h"
#include "sim/workload/workload_kind.h"

namespace sim::workload::nvdla_program {
namespace {

using base::ConfigReader;

constexpr std::size_t kMaxText = std::size_t{1} << 24;

std::string description(const nvdla::Program& program) {
  std::size_t layers = 0;
  for (const nvdla::Step& step : program.steps) {
    layers += std::holds_alternative<nvdla::LayerStep>(step) ? 1 : 0;
  }
  return fmt::format("a register program of {} hardware {} for {}", layers,
                     layers == 1 ? "layer" : "layers", program.configuration.name);
}

class Source final : public WorkloadSource {
 public:
  explicit Source(Config config) : config_(std::move(config)) {}

  Workload load(const ConfigReader& in, const LoadOptions& options) const override {
    return in.opened_for("program", [&] { return load_program(in, options); });
  }

 private:
  Workload load_program(const ConfigReader& in, const LoadOptions& options) const {
    const std::string path = beside(in, config_.program);
    const ProgramText text =
        read_program(base::read_text_file(path, kMaxText), base::printable(path));
    const auto task =
        std::make_shared<nvdla::Program>(Sequencer(path, config_.configuration).run(text));
    options.memory.check(task->held(), in.file_name());
    return {name_of_file(in.file_name()), description(*task), {{"", task}}};
  }

  Config config_;
};

class NvdlaProgram final : public WorkloadKind {
 public:
  std::string_view name() const override { return "nvdla_program"; }
  std::string_view description() const override {
    return "a register program of NVDLA with its data, whose values are computed";
  }
  std::unique_ptr<const WorkloadSource> configure(ConfigReader& in) const override {
    return std::make_unique<Source>(Config::from(in));
  }
};

}  // namespace

const WorkloadKind& kind() {
  static const NvdlaProgram kNvdlaProgram;
  return kNvdlaProgram;
}

}  // namespace sim::workload::nvdla_program
