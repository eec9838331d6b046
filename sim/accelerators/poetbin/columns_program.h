#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerators/poetbin/lanes.h"
#include "sim/accelerators/poetbin/timing.h"

namespace sim::poetbin {

/// A program in columns. The lanes of a column are those that some neuron needs: a tree LUT for
/// each first-level MAT and pin, a first-level MAT for each pin of the second-level MAT, the
/// second-level MAT, a LUT for each score bit. A neuron that has less leaves lanes idle.
struct ColumnsProgram {
  std::uint32_t columns = 0;            // K
  std::uint32_t neurons_per_class = 0;  // P
  std::uint32_t rounds = 0;             // classes of a column
  LaneGroup trees, mat1, mat2, scores;  // of all columns, column by column

  /// Physical LUTs of one column.
  std::uint32_t luts_of_column() const;
  ColumnsTiming timing(bool argmax) const;
};

/// Throws WorkloadError when the program is not of the form RINC-2: four levels; score LUTs that
/// read neurons of their own class only, on the same pin in all bits; MATs that read first-level
/// MATs, first-level MATs that read trees, trees that read features, none of them shared;
/// ConfigError when there are more columns than classes.
ColumnsProgram columns_program(const workload::LutProgram& program, std::uint32_t columns);

}  // namespace sim::poetbin
