#include "sim/workload/sparse_products.h"

#include <fmt/format.h>

#include "sim/workload/memory.h"

namespace sim::workload {

std::uint64_t mask_bytes(const SparseProduct& product) {
  const std::uint64_t inputs =
      product.activation_density < 1 ? rows_bytes(product.vectors, product.columns) : 0;
  return rows_bytes(product.rows, product.columns) + inputs;
}

base::MemoryNeed SparseProducts::held() const {
  base::MemoryNeed need;
  for (const SparseProduct& product : products) {
    need.add(fmt::format("matrix '{}': its masks", product.name), mask_bytes(product));
  }
  return need;
}

}  // namespace sim::workload
