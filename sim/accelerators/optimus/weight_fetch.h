#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/accelerators/optimus/dram_fetch.h"
#include "sim/accelerators/optimus/dram_layout.h"
#include "sim/accelerators/optimus/stream.h"

namespace sim::optimus {

/// The weights of passes, from DRAM into the banks. A pass that begins in cycle t asks for those of
/// its block in t, unless the pass before it did, and behind them for those of the next pass if it
/// is told one.
class WeightFetch {
 public:
  /// Both outlive this.
  WeightFetch(const DramLayout& layout, DramFetch& dram) : layout_(layout), dram_(dram) {}

  void begin(const EncodedBlock& block, const EncodedBlock* next, std::uint64_t cycle);

  // Of the block of the pass that began last:
  /// Columns, from the first on, that can be used in `cycle`.
  std::uint32_t columns_here(std::uint64_t cycle);
  /// For each column, in how many cycles from `first` on it can be used: 0 when it is here by then.
  ColumnArrivals arrivals(std::uint64_t first);

  std::uint64_t bytes(const EncodedBlock& block) const { return layout_.weights(block).bytes(); }
  DramFetch& dram() { return dram_; }

 private:
  struct Asked {
    const EncodedBlock* block;
    std::optional<std::uint64_t> fetch;  // none: the block has no bytes
  };
  Asked ask(const EncodedBlock& block, std::uint64_t cycle);

  const DramLayout& layout_;
  DramFetch& dram_;
  std::optional<Asked> current_;
  std::optional<Asked> ahead_;
};

/// For each column the cycle from which on it can be used when its block is asked for in cycle 0
/// and the DRAM has had nothing else to do.
ColumnArrivals arrivals_when_idle(const EncodedBlock& block, const Config& config);

}  // namespace sim::optimus
