#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/dram_series.h"
#include "sim/core/engine.h"
#include "sim/hw/dma.h"
#include "sim/hw/dram.h"
#include "sim/hw/due_engine.h"
#include "sim/hw/memory_port.h"

namespace sim::optimus {

/// Bytes that lie together in DRAM.
struct DramRun {
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;  // >= 1
};

/// From `cycle` on, the first `bytes` bytes of a fetch can be used.
struct Arrival {
  std::uint64_t bytes = 0;
  std::uint64_t cycle = 0;
};

/// What memory and DMA counted in `cycles` cycles.
struct DramRecord {
  std::uint64_t cycles = 0;
  hw::DramCounts dram{};
  hw::DmaCounts dma{};
};

enum class DramUser { kMacArray, kEmbedder };

/// Reads from DRAM: a DMA, a memory port and a memory of sim/hw, coupled without a kernel.
///
/// A fetch that is asked for in cycle t is before the DMA in t + 1, behind those asked for earlier.
/// Its runs are read in order, each in requests of dram_request_bytes from its own start. What the
/// DMA has received in cycle n can be used from cycle n + 1 on; whoever asks has room for all.
///
/// One unit at a time has fetches under way, which is checked. So the parts may run ahead: as tick
/// engines they go clock by clock and not beyond the cycle that is asked about, as skip engines
/// from event to event up to the last byte of a fetch.
class DramFetch {
 public:
  DramFetch(const Config& config, core::Engine engine, stats::Timeline* timeline = nullptr);

  /// Returns the number of the fetch, which is kept until release(). Cycles never fall.
  std::uint64_t ask(DramUser user, std::uint64_t cycle, std::span<const DramRun> runs);
  void release(std::uint64_t fetch) { fetches_.erase(fetch); }

  /// Of the fetch, the bytes that can be used in `cycle`. Does not run beyond it.
  std::uint64_t bytes_here(std::uint64_t fetch, std::uint64_t cycle);
  /// All that comes of the fetch, in order; runs ahead to its last byte.
  const std::vector<Arrival>& arrivals(std::uint64_t fetch);
  /// `cycle` when the fetch is whole by then, else a later one in which it is worth another look.
  std::uint64_t next_look(std::uint64_t fetch, std::uint64_t cycle);

  /// Cycles before this one are done.
  std::uint64_t until() const { return until_; }
  /// What was counted in the cycles before `end`. To be asked when no fetch is under way.
  DramRecord counted(std::uint64_t end);

  /// Whether a fetch that is asked for in `cycle` goes as it would at any other such time: all is
  /// at rest, and the memory has neither rows, refreshes nor intervals between requests, which know
  /// what came before.
  bool repeats(std::uint64_t cycle) const;
  /// Counts what a fetch did once before, from `cycle` on, as if it were done again.
  void repeat(const DramRecord& deed, std::uint64_t cycle);

 private:
  struct Fetch {
    std::uint64_t asked = 0;  // cycle
    std::uint64_t bytes = 0;
    std::vector<Arrival> arrivals{};

    std::uint64_t arrived() const { return arrivals.empty() ? 0 : arrivals.back().bytes; }
    bool whole() const { return arrived() == bytes; }
  };

  std::uint64_t next_event() const;
  void step(std::uint64_t cycle);
  void advance(std::uint64_t end);
  void receive(std::uint64_t cycle);

  const hw::DramConfig config_;
  const core::Engine engine_;
  hw::MemoryPort port_;
  hw::CreditQueue<hw::DmaDescriptor> descriptors_;
  hw::CreditQueue<hw::DmaBurst> done_;
  std::unique_ptr<hw::Dram> dram_;
  std::unique_ptr<hw::Dma> dma_;
  std::uint64_t now_ = 0;
  hw::DueEngine coupled_dram_;
  hw::DueEngine coupled_dma_;

  std::map<std::uint64_t, Fetch> fetches_;  // asked for and not released
  std::uint64_t asked_ = 0;
  std::uint64_t bytes_under_way_ = 0;
  DramUser user_ = DramUser::kMacArray;  // of what is under way
  std::uint64_t until_ = 0;              // cycles before this one are done
  std::uint64_t at_rest_from_ = 0;       // when nothing is under way
  DramRecord repeated_{};
  DramSeries series_;
};

/// b - a, of a later and an earlier record.
DramRecord between(const DramRecord& a, const DramRecord& b);

}  // namespace sim::optimus
