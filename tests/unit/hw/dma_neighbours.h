#pragma once

#include <cstdint>
#include <string>

#include "sim/hw/engine.h"
#include "tests/unit/hw/dma_case.h"

namespace sim::hw::dma_test {

/// All around a DMA and its memory, cycle by cycle: who gives descriptors and data, and the
/// consumer.
class Neighbours final : public Engine {
 public:
  Neighbours(const Case& c, CreditQueue<DmaDescriptor>& descriptors, CreditQueue<DmaData>& data,
             CreditQueue<DmaBurst>& done)
      : c_(c), descriptors_(descriptors), data_(data), done_(done), bursts_left_(c.bursts()) {}

  void run_to(std::uint64_t cycle) override;
  std::uint64_t next_event() const override { return next_; }

  bool have_all() const { return bursts_left_ == 0; }
  /// What the consumer took, and when.
  const std::string& bursts() const { return bursts_; }

 private:
  void consume(std::uint64_t cycle);

  const Case& c_;
  CreditQueue<DmaDescriptor>& descriptors_;
  CreditQueue<DmaData>& data_;
  CreditQueue<DmaBurst>& done_;
  std::size_t given_ = 0;
  std::size_t brought_ = 0;
  std::size_t consumed_ = 0;
  std::uint64_t bursts_left_;
  std::uint64_t free_ = 0;
  std::uint64_t next_ = 0;
  std::string bursts_{};
};

}  // namespace sim::hw::dma_test
