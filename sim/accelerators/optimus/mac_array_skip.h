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
  void start_sparse(const SparsePass& pass) override;
  void start_reduction(std::uint64_t cycles) override;
  void start_dense(const DenseProduct& product) override;
  std::uint64_t advance() override;
  bool done() const override { return next_event_ == events_.size(); }

 private:
  /// A visible event: so many cycles after the one before, so many dense parts are ready.
  struct Event {
    std::uint64_t cycles;
    std::uint32_t parts_ready;
  };

  StreamCounts stream(const SparsePass& pass);
  const Occupancy& occupancy(const EncodedBlock& block);
  void end_after(std::uint64_t cycles);

  std::uint64_t issue_cycles_;
  std::uint64_t drain_cycles_;
  StreamConfig stream_config_;
  bool reuse_;
  std::map<const EncodedBlock*, std::shared_ptr<const Occupancy>> occupancies_;
  // Streamed weights arrive by the byte, so only then does the number of tokens change more than a
  // factor.
  std::map<std::pair<const EncodedBlock*, std::uint32_t>, StreamCounts> timed_;
  std::vector<Event> events_;
  std::size_t next_event_ = 0;
};

}  // namespace sim::optimus
