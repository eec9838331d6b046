#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "sim/accelerators/optimus/mac_array_engine.h"
#include "sim/accelerators/optimus/stream_skip.h"

namespace sim::optimus {

class MacArraySkip final : public MacArrayEngine {
 public:
  MacArraySkip(const Config& config, bool reuse, WeightFetch* weights);

  void prepare(const Program& program) override;
  void start_sparse(const SparsePass& pass, std::uint64_t cycle) override;
  void start_reduction(std::uint64_t cycles, std::uint64_t cycle) override;
  void start_dense(const DenseProduct& product, std::uint64_t cycle) override;
  void run_to(std::uint64_t cycle) override;
  std::uint64_t next_event() const override { return done() ? hw::kNever : events_[passed_].cycle; }
  bool done() const override { return passed_ == events_.size(); }

 private:
  /// A visible event: in this cycle so many dense parts have left the adder.
  struct Event {
    std::uint64_t cycle;
    std::uint32_t parts_ready;
  };

  /// The stream of a block, and what its fetch added to the counts of the DRAM.
  struct Timed {
    StreamCounts counts;
    DramRecord fetch;
  };

  StreamCounts stream(const SparsePass& pass, std::uint64_t cycle);
  StreamCounts stream_resident(const SparsePass& pass);
  StreamCounts stream_fetched(const SparsePass& pass, std::uint64_t cycle);
  StreamCounts fetched(const SparsePass& pass, std::uint64_t cycle);
  const Occupancy& occupancy(const EncodedBlock& block);
  void begin(std::uint64_t cycle, std::uint64_t cycles);

  std::uint64_t drain_cycles_;
  StreamConfig stream_config_;
  bool reuse_;
  bool prefetch_;
  std::map<const EncodedBlock*, std::shared_ptr<const Occupancy>> occupancies_;
  std::map<std::pair<const EncodedBlock*, std::uint32_t>, Timed> timed_;
  std::vector<Event> events_;
  std::size_t passed_ = 0;  // events
};

}  // namespace sim::optimus
