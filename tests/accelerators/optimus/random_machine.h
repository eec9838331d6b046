#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "sim/accelerators/optimus/sparse_format.h"
#include "sim/accelerators/optimus/stream.h"
#include "sim/base/rng.h"
#include "sim/workload/sparsity.h"

namespace sim::optimus::testing {

/// A matrix, an array and an input window drawn at random, and a sentence that names them all.
struct RandomMachine {
  EncodingConfig encoding;
  StreamConfig stream;
  bool streamed;
  std::uint32_t tokens;
  std::uint32_t rows;
  std::uint32_t columns;
  double density;

  std::string describe() const {
    const SparseFormat& f = encoding.sparse;
    return fmt::format(
        "{}x{} density {} on N={} m={} A={} shared={} order={} mark={} k={} zeros={} runtime={} "
        "scope={} "
        "D={} "
        "D1={} B={} matching={} streamed={} tokens={}",
        rows, columns, density, encoding.macs, f.ways, encoding.accumulators_per_mac,
        encoding.accumulators == Accumulators::kShared, static_cast<int>(f.row_order),
        static_cast<int>(f.column_mark), f.delta_bits, f.row_bits,
        f.way_choice == WayChoice::kRuntime, static_cast<int>(stream.window.scope),
        stream.window.columns, stream.window.local_columns,
        stream.window.load_width_elements_per_cycle, stream.load_compute_matching, streamed,
        tokens);
  }
};

/// 1 … max, small values as likely as large ones.
inline std::uint32_t any_size(base::Rng& rng, std::uint32_t max) {
  return 1 + static_cast<std::uint32_t>(rng.below(1 + rng.below(max)));
}

inline SparseFormat random_format(base::Rng& rng, std::uint32_t ways) {
  SparseFormat f = {.format = ways == 1 ? Format::kRcsc : Format::kSaRcsc,
                    .row_order = static_cast<RowOrder>(rng.below(4)),
                    .ways = ways,
                    .column_mark = rng.below(3) != 0 ? ColumnMark::kDelta
                                                     : static_cast<ColumnMark>(1 + rng.below(2)),
                    .delta_bits = 1 + static_cast<std::uint32_t>(rng.below(6)),
                    .row_mark = RowMark::kSlot,
                    .row_bits = 0,
                    .way_choice = rng.below(4) == 0 ? WayChoice::kRuntime : WayChoice::kOffline};
  if (f.column_mark != ColumnMark::kDelta && rng.below(2) == 0) {
    f.row_mark = RowMark::kZeros;
    f.row_bits = 1 + static_cast<std::uint32_t>(rng.below(4));
  }
  return f;
}

/// Matrices of up to `size` rows and columns, arrays of up to `macs` MACs.
inline RandomMachine random_machine(base::Rng& rng, std::uint32_t size, std::uint32_t macs) {
  RandomMachine m{};
  const std::uint32_t ways = any_size(rng, 16);
  m.encoding.macs = ways * any_size(rng, std::max(1u, macs / ways));
  m.encoding.sparse = random_format(rng, ways);
  m.encoding.accumulators_per_mac = rng.below(3) == 0 ? any_size(rng, 8) : 64;
  m.encoding.accumulators = rng.below(6) == 0 ? Accumulators::kShared : Accumulators::kPrivate;
  m.encoding.weight_bits = 8;
  m.stream.window.scope =
      rng.below(2) == 0 ? WindowScope::kGlobal : static_cast<WindowScope>(rng.below(3));
  m.stream.window.columns = any_size(rng, 64);
  m.stream.window.local_columns = any_size(rng, 16);
  m.stream.window.load_width_elements_per_cycle = any_size(rng, 32);
  m.stream.load_compute_matching = rng.below(5) != 0;
  m.stream.accumulators = m.encoding.accumulators;
  m.streamed = rng.below(3) == 0;
  m.tokens = any_size(rng, 5);
  m.rows = any_size(rng, size);
  m.columns = any_size(rng, size);
  m.density = 0.01 * (1 + static_cast<double>(rng.below(100)));
  return m;
}

/// When the columns of a block are here: in the order of columns, many at once, after waits of any
/// length. Empty for resident weights.
inline ColumnArrivals random_arrivals(base::Rng& rng, const RandomMachine& machine) {
  ColumnArrivals arrivals;
  if (!machine.streamed) return arrivals;
  const std::uint32_t most = any_size(rng, 40);
  std::uint64_t cycle = rng.below(2) * any_size(rng, 100);
  for (std::uint32_t c = 0; c < machine.columns; ++c) {
    if (rng.below(3) == 0) cycle += rng.below(most);
    arrivals.push_back(cycle);
  }
  return arrivals;
}

/// Kept weights drawn one by one; some rows and columns are empty.
inline workload::Mask random_mask(base::Rng& rng, std::uint32_t rows, std::uint32_t columns,
                                  double density) {
  workload::Mask mask(rows, columns);
  const double empty = rng.below(2) == 0 ? 0.0 : 0.2;
  std::vector<bool> dead(columns);
  for (std::uint32_t c = 0; c < columns; ++c) dead[c] = rng.uniform() < empty;
  for (std::uint32_t r = 0; r < rows; ++r) {
    if (rng.uniform() < empty) continue;
    for (std::uint32_t c = 0; c < columns; ++c) {
      if (!dead[c] && rng.uniform() < density) mask.keep(r, c);
    }
  }
  return mask;
}

}  // namespace sim::optimus::testing
