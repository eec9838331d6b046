#include <fmt/format.h>

#include <utility>

#include "sim/base/memory.h"
#include "sim/base/rng.h"
#include "sim/workload/kinds/matrices/config.h"
#include "sim/workload/masks.h"
#include "sim/workload/sparse_products.h"
#include "sim/workload/workload_kind.h"

namespace sim::workload::matrices {
namespace {

using base::ConfigReader;

constexpr std::uint64_t kEntryBytes = 4;  // a kept weight in a list of a machine

SparseProduct planned(const MatrixConfig& config) {
  const double weights = static_cast<double>(config.rows) * config.columns;
  return {.name = config.name,
          .rows = config.rows,
          .columns = config.columns,
          .vectors = config.vectors,
          .expected_weights = static_cast<std::uint64_t>(weights * config.density),
          .activation_density = config.activation_density};
}

Mask draw_weights(const MatrixConfig& matrix, const Config& config) {
  base::Rng rng(config.seed, "weights " + matrix.name);
  if (config.masks == MaskKind::kSkewed) {
    const MaskScales scales =
        log_normal_scales(rng, matrix.rows, matrix.columns, config.row_sigma, config.column_sigma);
    return draw_mask(rng, scales, KeepLaw::kMagnitude, matrix.density);
  }
  return draw_mask(rng, even_scales(matrix.rows, matrix.columns), KeepLaw::kProportional,
                   matrix.density);
}

/// More vectors begin with those of fewer.
Mask draw_inputs(const MatrixConfig& matrix, std::uint64_t seed) {
  base::Rng rng(seed, "activations " + matrix.name);
  return draw_mask(rng, even_scales(matrix.vectors, matrix.columns), KeepLaw::kProportional,
                   matrix.activation_density);
}

void draw(SparseProducts& task, const Config& config) {
  for (std::size_t i = 0; i < task.products.size(); ++i) {
    const MatrixConfig& matrix = config.matrices[i];
    SparseProduct& product = task.products[i];
    product.mask = std::make_shared<const Mask>(draw_weights(matrix, config));
    if (matrix.activation_density == 1) continue;
    product.nonzero = std::make_shared<const Mask>(draw_inputs(matrix, config.seed));
  }
}

class Source final : public WorkloadSource {
 public:
  explicit Source(Config config) : config_(std::move(config)) {}

  /// Masks, and at least an entry of a machine's lists for each weight that they keep.
  base::MemoryNeed memory() const override {
    base::MemoryNeed need;
    for (const MatrixConfig& matrix : config_.matrices) {
      const SparseProduct product = planned(matrix);
      need.add(
          fmt::format("matrix '{}' of {} x {} weights", matrix.name, matrix.rows, matrix.columns),
          mask_bytes(product) + kEntryBytes * product.expected_weights);
    }
    return need;
  }

  Workload load(const ConfigReader& in, const LoadOptions& options) const override {
    const auto task = std::make_shared<SparseProducts>();
    for (const MatrixConfig& matrix : config_.matrices) task->products.push_back(planned(matrix));
    Workload workload{name_of_file(in.file_name()), description(), {{"", task}}};
    if (options.before_drawing) options.before_drawing(workload);
    if (options.draw != Draw::kNothing) draw(*task, config_);
    return workload;
  }

 private:
  std::string description() const {
    const char* masks = config_.masks == MaskKind::kSkewed ? "skewed" : "iid";
    const std::size_t count = config_.matrices.size();
    return fmt::format("{} sparse {} without values, {} masks, seed {}", count,
                       count == 1 ? "matrix" : "matrices", masks, config_.seed);
  }

  Config config_;
};

class Matrices final : public WorkloadKind {
 public:
  std::string_view name() const override { return "matrices"; }
  std::string_view description() const override {
    return "sparse matrices that multiply sparse vectors, with drawn masks, without values";
  }
  int rank() const override { return 4; }
  std::unique_ptr<const WorkloadSource> configure(ConfigReader& in) const override {
    return std::make_unique<Source>(Config::from(in));
  }
  bool draws_at_random(ConfigReader& /*in*/) const override { return true; }
};

}  // namespace

const WorkloadKind& kind() {
  static const Matrices kMatrices;
  return kMatrices;
}

}  // namespace sim::workload::matrices
