#include "tests/unit/hw/dma_neighbours.h"

#include <fmt/format.h>

namespace sim::hw::dma_test {

void Neighbours::run_to(std::uint64_t cycle) {
  if (given_ < c_.descriptors.size() && c_.descriptors[given_].cycle <= cycle &&
      descriptors_.can_push(cycle)) {
    descriptors_.push(cycle, c_.descriptors[given_++].descriptor);
  }
  if (brought_ < c_.data.size() && c_.data[brought_].cycle <= cycle && data_.can_push(cycle)) {
    data_.push(cycle, {c_.data[brought_++].bytes});
  }
  if (cycle >= free_ && done_.can_pop(cycle)) consume(cycle);
  next_ = cycle + 1;
}

void Neighbours::consume(std::uint64_t cycle) {
  const DmaBurst b = done_.pop(cycle);
  bursts_ += fmt::format(" {}:{}:{:d}@{}", b.descriptor, b.bytes, b.last, cycle);
  free_ = cycle + 1 + c_.services[consumed_++ % c_.services.size()];
  --bursts_left_;
}

}  // namespace sim::hw::dma_test
