#pragma once

#include <cstdint>
#include <deque>
#include <span>

#include "sim/hw/credit_queue.h"
#include "sim/hw/engine.h"
#include "sim/hw/memory_port.h"
#include "sim/stats/stats.h"

namespace sim::hw {

struct DmaConfig {
  std::uint32_t burst_bytes;  // largest request, >= 1
  std::uint32_t outstanding;  // requests sent and not yet received, >= 1
};

/// `lines` lines of line_bytes; line i begins at address + i * line_stride.
struct DmaDescriptor {
  std::uint64_t id = 0;  // the giver's own; each burst carries it
  std::uint64_t address = 0;
  std::uint64_t line_bytes = 1;  // >= 1
  std::uint64_t lines = 1;       // >= 1
  std::uint64_t line_stride = 0;
  bool write = false;
};
/// A burst of a read with its data, or a burst of a write that the memory has.
struct DmaBurst {
  std::uint64_t descriptor = 0;
  std::uint32_t bytes = 0;
  bool last = false;  // of its descriptor
};
/// Data for writes, without a border between bursts or descriptors.
struct DmaData {
  std::uint64_t bytes = 0;
};

/// In each cycle exactly one of busy, credit_waits, data_waits, outstanding_waits, memory_waits and
/// idle grows by one: the first of them, in this order, that is true of the cycle.
struct DmaCounts {
  std::uint64_t descriptors = 0;
  std::uint64_t bursts = 0;
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bytes = 0;
  std::uint64_t busy = 0;
  std::uint64_t credit_waits = 0;
  std::uint64_t data_waits = 0;
  std::uint64_t outstanding_waits = 0;
  std::uint64_t memory_waits = 0;
  std::uint64_t idle = 0;
};
std::span<const stats::Field<DmaCounts>> dma_fields();
/// Of these, the six of which one grows.
std::span<const stats::Field<DmaCounts>> dma_cycle_fields();

/// Moves data between a memory and a queue, descriptor after descriptor. Each line is split from
/// its start into bursts of burst_bytes, the last of a line may be smaller. In a cycle:
///  1. a descriptor is taken, if all bursts of the one before are sent;
///  2. the oldest response is received, if `done` has a place for its burst, which goes there;
///  3. data for the next burst of a write is taken, if what is held is not enough;
///  4. the next burst is sent, if fewer than `outstanding` are under way, and those of a write if
///     all of its data is held.
/// So bursts reach `done` in the order of their descriptors and addresses, and a consumer that
/// takes none of them stops the memory's responses, never a burst that is under way.
class Dma : public Engine {
 public:
  struct Ends {
    CreditQueue<DmaDescriptor>* descriptors;
    MemoryPort* memory;
    CreditQueue<DmaBurst>* done;
    CreditQueue<DmaData>* data;  // may be null if nothing is written
  };

  const DmaCounts& counts() const { return counts_; }

 protected:
  Dma(const DmaConfig& config, const Ends& ends);

  using Cycles = std::uint64_t DmaCounts::*;
  /// Does what there is to do in a cycle; returns what the cycle counts as.
  Cycles act(std::uint64_t cycle);
  /// Whether it will do something.
  bool can_act(std::uint64_t cycle) const;
  /// What a cycle in which it cannot act counts as.
  Cycles waits_for(std::uint64_t cycle) const;

  DmaCounts counts_;

 private:
  bool has_burst() const { return lines_left_ > 0; }
  std::uint32_t next_bytes() const;
  bool wants_data() const { return has_burst() && descriptor_.write && held_ < next_bytes(); }
  bool can_take_descriptor(std::uint64_t cycle) const;
  bool can_receive(std::uint64_t cycle) const;
  bool may_send() const;
  void take_descriptor(std::uint64_t cycle);
  void receive(std::uint64_t cycle);
  void send(std::uint64_t cycle);

  struct UnderWay {
    DmaBurst burst;
    bool write;
  };

  const DmaConfig config_;
  const Ends ends_;
  DmaDescriptor descriptor_{};
  std::uint64_t lines_left_ = 0;  // with the one under way; 0: no burst is left to send
  std::uint64_t offset_ = 0;      // in its line, of the next burst
  std::uint64_t held_ = 0;        // bytes of data not yet sent
  std::deque<UnderWay> under_way_;
};

/// One cycle at a time.
class DmaTick final : public Dma {
 public:
  DmaTick(const DmaConfig& config, const Ends& ends) : Dma(config, ends) {}
  void run_to(std::uint64_t cycle) override;
  std::uint64_t next_event() const override { return next_; }

 private:
  std::uint64_t next_ = 0;
};

/// From one burst sent or received to the next.
class DmaSkip final : public Dma {
 public:
  DmaSkip(const DmaConfig& config, const Ends& ends) : Dma(config, ends) {}
  void run_to(std::uint64_t cycle) override;
  std::uint64_t next_event() const override { return next_; }

 private:
  Cycles waiting_ = &DmaCounts::idle;  // what cycles from until_ on count as
  std::uint64_t until_ = 0;            // cycles before this one are counted
  std::uint64_t next_ = 0;
};

}  // namespace sim::hw
