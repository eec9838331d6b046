#include "sim/core/accelerator.h"

#include "sim/accelerators/optimus/config.h"

namespace sim::optimus {
namespace {

class OptimusDesign final : public core::Design {
 public:
  explicit OptimusDesign(const Config& config) : config_(config) {}

  void check(const workload::Workload&) const override {}
  core::RunResult run(const workload::Workload&, const core::RunOptions&,
                      core::Progress&) const override {
    return {};
  }

 private:
  Config config_;
};

class Optimus final : public core::Accelerator {
 public:
  std::string_view name() const override { return "optimus"; }
  std::string_view description() const override {
    return "sparse Transformer inference that skips redundant decoding work (MLSys 2020)";
  }
  std::unique_ptr<core::Design> configure(base::ConfigReader& block) const override {
    return std::make_unique<OptimusDesign>(block.read<Config>());
  }
  core::RunResult describe_result() const override { return {}; }
};

}  // namespace

const core::Accelerator& accelerator() {
  static const Optimus optimus;
  return optimus;
}

}  // namespace sim::optimus
