#include <gtest/gtest.h>

#include "sim/accelerators/optimus/sparse_format.h"
#include "tests/accelerators/optimus/random_machine.h"

namespace sim::optimus {
namespace {

using testing::random_machine;
using testing::random_mask;
using testing::RandomMachine;

using Weights = std::vector<std::vector<std::int32_t>>;

Weights random_weights(base::Rng& rng, const workload::Mask& mask) {
  Weights weights(mask.rows(), std::vector<std::int32_t>(mask.columns()));
  for (std::uint32_t r = 0; r < mask.rows(); ++r) {
    for (std::uint32_t c = 0; c < mask.columns(); ++c) {
      if (mask.kept(r, c)) weights[r][c] = static_cast<std::int32_t>(rng.below(256)) - 128;
    }
  }
  return weights;
}

/// As the array does it: partial sums of every list by slot, then the sum over the lists of the
/// set.
std::vector<std::int32_t> multiply(const EncodedMatrix& matrix, const Weights& weights,
                                   const std::vector<std::int32_t>& x) {
  std::vector<std::int32_t> y(matrix.rows);
  for (const EncodedBlock& block : matrix.blocks) {
    const std::uint32_t lists_per_set = block.lists() / block.sets;
    for (std::uint32_t l = 0; l < block.lists(); ++l) {
      const std::uint32_t set = l / lists_per_set;
      std::vector<std::int32_t> sums(block.slots);
      for (const Entry& entry : block.list(l)) {
        if (entry.filler()) continue;
        sums[entry.slot] += weights[block.row(set, entry.slot)][entry.column] * x[entry.column];
      }
      for (std::uint32_t slot = 0; slot < block.slots; ++slot) {
        if (block.row(set, slot) != kNoRow) y[block.row(set, slot)] += sums[slot];
      }
    }
  }
  return y;
}

TEST(MachineMultiply, EqualsTheDenseProductBitByBit) {
  base::Rng rng(9);
  for (int i = 0; i < 300; ++i) {
    const RandomMachine m = random_machine(rng, 50, 64);
    SCOPED_TRACE(m.describe());
    const workload::Mask mask = random_mask(rng, m.rows, m.columns, m.density);
    const Weights weights = random_weights(rng, mask);
    std::vector<std::int32_t> x(m.columns);
    for (auto& value : x) value = static_cast<std::int32_t>(rng.below(256)) - 128;
    std::vector<std::int32_t> dense(m.rows);
    for (std::uint32_t r = 0; r < m.rows; ++r) {
      for (std::uint32_t c = 0; c < m.columns; ++c) dense[r] += weights[r][c] * x[c];
    }
    const workload::Mask* parts[] = {&mask};
    ASSERT_EQ(multiply(encode(parts, m.encoding), weights, x), dense);
  }
}

}  // namespace
}  // namespace sim::optimus
