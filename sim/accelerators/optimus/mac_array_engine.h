#pragma once

#include <cstdint>
#include <memory>

#include "sim/accelerators/optimus/array_counts.h"
#include "sim/accelerators/optimus/dense_product.h"
#include "sim/accelerators/optimus/sparse_pass.h"
#include "sim/accelerators/optimus/weight_fetch.h"
#include "sim/core/accelerator.h"
#include "sim/hw/job_engine.h"

namespace sim::optimus {

/// Timing of the MAC array, one piece of work after the other:
///   sparse pass:    issue, [load when not matched], stream, drain; streamed weights are asked for
///                   in the first cycle of the issue;
///   reduction:      the m-way addition of a pass, L_t * (R + ceil(log2 m)) cycles;
///   dense product:  issue, [load], stream, pipeline and adder.
/// A piece begins in the cycle that it is started with, when the one before is done. counts() are
/// those of the piece started last and are complete when done().
class MacArrayEngine : public hw::JobEngine {
 public:
  /// `weights`: where streamed ones come from, null when they are resident; outlives this.
  MacArrayEngine(const Config& config, WeightFetch* weights)
      : macs_(config.mac_array.macs),
        issue_cycles_(config.mac_array.issue_cycles),
        weights_(weights) {}

  /// Builds ahead what the engine keeps of each matrix of the program.
  virtual void prepare(const Program& /*program*/) {}

  virtual void start_sparse(const SparsePass& pass, std::uint64_t cycle) = 0;
  virtual void start_reduction(std::uint64_t cycles, std::uint64_t cycle) = 0;
  virtual void start_dense(const DenseProduct& product, std::uint64_t cycle) = 0;

  /// Parts of the dense product whose results have left the adder.
  std::uint32_t parts_ready() const { return parts_ready_; }
  const ArrayCounts& counts() const { return counts_; }

 protected:
  std::uint64_t macs_;
  std::uint64_t issue_cycles_;
  WeightFetch* weights_;
  std::uint32_t parts_ready_ = 0;
  ArrayCounts counts_;
};

/// `reuse`: a skip engine times a matrix block once and remembers the result while the same weights
/// always stream alike: when they are resident, or when what a fetch of theirs takes is known to be
/// the same (DramFetch::repeats) and each pass asks for its own.
std::unique_ptr<MacArrayEngine> make_mac_array_engine(core::Engine engine, const Config& config,
                                                      bool reuse, WeightFetch* weights);

}  // namespace sim::optimus
