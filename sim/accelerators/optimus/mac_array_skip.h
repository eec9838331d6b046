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
  MacArraySkip(const Config& config, bool reuse);

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

  StreamCounts stream(const SparsePass& pass);
  const Occupancy& occupancy(const EncodedBlock& block);
  void begin(std::uint64_t cycle, std::uint64_t cycles);

  std::uint64_t issue_cycles_;
  std::uint64_t drain_cycles_;
  StreamConfig stream_config_;
  bool reuse_;
  std::map<const EncodedBlock*, std::shared_ptr<const Occupancy>> occupancies_;
  // Streamed weights arrive by the byte, so only then does the number of tokens change more than a
  // factor.
  std::map<std::pair<const EncodedBlock*, std::uint32_t>, StreamCounts> timed_;
  std::vector<Event> events_;
  std::size_t passed_ = 0;  // events
};

}  // namespace sim::optimus
