#include "tests/unit/hw/dma_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "sim/base/math.h"
#include "sim/base/rng.h"
#include "sim/hw/make_dram.h"
#include "tests/unit/hw/dma_neighbours.h"
#include "tests/unit/hw/looped_engine.h"
#include "tests/unit/hw/memory_stream.h"

namespace sim::hw::dma_test {
namespace {

using memory_test::between;

std::uint64_t pause(base::Rng& rng) { return rng.below(5) == 0 ? rng.below(150) : rng.below(3); }

DmaDescriptor random_descriptor(base::Rng& rng) {
  return {.id = rng.below(1000),
          .address = rng.below(1 << 16),
          .line_bytes = between(rng, 1, rng.below(3) == 0 ? 300 : 40),
          .lines = between(rng, 1, rng.below(2) == 0 ? 1 : 6),
          .line_stride = rng.below(1000),
          .write = rng.below(3) == 0};
}

/// Exactly the bytes that will be written, in pieces of any size.
std::vector<GivenData> random_data(base::Rng& rng, std::uint64_t bytes) {
  std::vector<GivenData> data;
  const std::uint32_t most = between(rng, 1, 120);
  std::uint64_t cycle = 0;
  while (bytes > 0) {
    cycle += pause(rng);
    const std::uint64_t piece = std::min<std::uint64_t>(bytes, between(rng, 1, most));
    data.push_back({cycle, piece});
    bytes -= piece;
  }
  return data;
}

/// Everything around a DMA.
class Loop {
 public:
  Loop(const Case& c, const DramConfig& memory, bool skip)
      : c_(c),
        port_(c.port),
        descriptors_(c.descriptor_depth),
        data_(c.data_depth),
        done_(c.done_depth),
        dram_(make_dram(memory, 400, port_, skip ? EngineKind::kSkip : EngineKind::kTick)),
        dma_(make_dma({&descriptors_, &port_, &done_, &data_}, skip)),
        neighbours_(c, descriptors_, data_, done_),
        looped_dram_(*dram_),
        looped_dma_(*dma_) {
    port_.connect(looped_dma_, looped_dram_);
    descriptors_.connect(watchful_, looped_dma_);
    data_.connect(watchful_, looped_dma_);
    done_.connect(looped_dma_, watchful_);
  }

  Outcome run(std::uint64_t tail, bool disturb) {
    constexpr std::uint64_t kTooLong = 10'000'000;
    base::Rng rng(tail, "order");
    std::uint64_t last = kTooLong;
    for (std::uint64_t cycle = 0; cycle <= last; ++cycle) {
      run_cycle(cycle, rng.below(6), cycle == last || (disturb && rng.below(5) == 0));
      if (last == kTooLong && neighbours_.have_all()) last = cycle + 1 + tail;
      if (cycle + 1 == kTooLong) throw std::runtime_error("the DMA is stuck");
    }
    return {neighbours_.bursts(), counters(), memory_test::text(dram_->counts()), last + 1,
            looped_dma_.events()};
  }

 private:
  std::unique_ptr<Dma> make_dma(const Dma::Ends& ends, bool skip) const {
    if (skip) return std::make_unique<DmaSkip>(c_.dma, ends);
    return std::make_unique<DmaTick>(c_.dma, ends);
  }
  void run_cycle(std::uint64_t cycle, std::uint64_t order, bool anyway) {
    looped_dram_.begin_cycle();
    looped_dma_.begin_cycle();
    for (std::uint64_t i = 0; i < 3; ++i) {
      const std::uint64_t unit = order < 3 ? (order + i) % 3 : (order - i) % 3;
      if (unit == 0) looped_dma_.run(cycle, anyway);
      if (unit == 1) looped_dram_.run(cycle, anyway);
      if (unit == 2) neighbours_.run_to(cycle);
    }
  }
  std::string counters() const {
    std::string all;
    for (const auto& f : dma_fields())
      all += fmt::format("{} {}\n", f.name, dma_->counts().*f.member);
    return all;
  }

  const Case& c_;
  test::Watchful watchful_;
  MemoryPort port_;
  CreditQueue<DmaDescriptor> descriptors_;
  CreditQueue<DmaData> data_;
  CreditQueue<DmaBurst> done_;
  std::unique_ptr<Dram> dram_;
  std::unique_ptr<Dma> dma_;
  Neighbours neighbours_;
  test::LoopedEngine looped_dram_;
  test::LoopedEngine looped_dma_;
};

}  // namespace

std::uint64_t Case::bursts() const {
  std::uint64_t sum = 0;
  for (const auto& [cycle, d] : descriptors) {
    sum += d.lines * base::ceil_div(d.line_bytes, dma.burst_bytes);
  }
  return sum;
}

std::uint64_t Case::bytes(bool write) const {
  std::uint64_t sum = 0;
  for (const auto& [cycle, d] : descriptors) {
    if (d.write == write) sum += d.lines * d.line_bytes;
  }
  return sum;
}

Case random_case(std::uint64_t seed) {
  base::Rng rng(seed, "dma");
  Case c{};
  c.dma = {.burst_bytes = between(rng, 1, 100), .outstanding = between(rng, 1, 12)};
  c.port = {.outstanding = between(rng, 1, 16), .bytes_per_cycle = between(rng, 1, 64)};
  c.memory = {.bytes_per_cycle = between(rng, 1, 64),
              .latency_cycles = rng.below(4) == 0 ? 0 : between(rng, 1, 60),
              .accept_interval_cycles = between(rng, 1, rng.below(3) == 0 ? 10 : 2)};
  c.descriptor_depth = between(rng, 1, 4);
  c.data_depth = between(rng, 1, 4);
  c.done_depth = between(rng, 1, 8);
  std::uint64_t cycle = 0;
  for (std::uint32_t left = between(rng, 1, 12); left > 0; --left) {
    cycle += pause(rng);
    c.descriptors.push_back({cycle, random_descriptor(rng)});
  }
  c.data = random_data(rng, c.bytes(true));
  c.services.resize(between(rng, 1, 6));
  for (std::uint64_t& s : c.services) s = rng.below(3) == 0 ? between(rng, 1, 60) : rng.below(3);
  return c;
}

Case with_longer_stalls(const Case& original, std::uint32_t factor) {
  Case c = original;
  for (GivenDescriptor& d : c.descriptors) d.cycle *= factor;
  for (GivenData& d : c.data) d.cycle *= factor;
  for (std::uint64_t& s : c.services) s *= factor;
  return c;
}

Outcome run(const Case& c, bool skip, std::uint64_t tail, bool disturb) {
  DramConfig memory{};
  memory.kind = DramKind::kFixed;
  memory.fixed = c.memory;
  return Loop(c, memory, skip).run(tail, disturb);
}

Outcome run(const Case& c, const DramConfig& memory, bool skip, std::uint64_t tail) {
  return Loop(c, memory, skip).run(tail, false);
}

}  // namespace sim::hw::dma_test
