#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/workload/sparsity.h"
#include "sim/workload/task.h"

namespace sim::workload {

/// A sparse matrix that multiplies some vectors, one after the other.
struct SparseProduct {
  std::string name;
  std::uint32_t rows = 0;     // outputs
  std::uint32_t columns = 0;  // inputs
  std::uint32_t vectors = 0;
  std::uint64_t expected_weights = 0;     // that the mask will keep
  std::shared_ptr<const Mask> mask{};     // rows x columns; null: still to be drawn
  double activation_density = 1;          // share of input values that are not zero
  std::shared_ptr<const Mask> nonzero{};  // vectors x columns: these values; null: all of them, or
                                          // still to be drawn when their density is below 1
};

/// Sparse matrix-vector products without values, one after the other: layers of networks by
/// themselves.
struct SparseProducts final : Task {
  static constexpr std::string_view kMany = "sparse matrix products";

  std::string_view what() const override { return "a list of sparse matrix products"; }
  base::MemoryNeed held() const override;

  std::vector<SparseProduct> products;
};

/// What the masks of a product hold in memory, drawn or not.
std::uint64_t mask_bytes(const SparseProduct& product);

}  // namespace sim::workload
