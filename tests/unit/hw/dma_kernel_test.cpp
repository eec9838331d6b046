// DMA and memory as units of the kernel, woken by each other: the same bursts and counters as the
// judge's.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>

#include "sim/hw/clock.h"
#include "sim/hw/coupled_unit.h"
#include "sim/hw/fixed_dram.h"
#include "tests/support/in_child.h"
#include "tests/unit/hw/dma_neighbours.h"

namespace sim::hw::dma_test {
namespace {

/// Stops the kernel when the consumer has everything.
class Watched final : public Engine {
 public:
  explicit Watched(Neighbours& neighbours) : neighbours_(neighbours) {}
  void run_to(std::uint64_t cycle) override {
    neighbours_.run_to(cycle);
    if (!neighbours_.have_all() || last_cycle_ != kNever) return;
    last_cycle_ = cycle;
    sc_core::sc_stop();
  }
  std::uint64_t next_event() const override { return neighbours_.next_event(); }
  std::uint64_t last_cycle() const { return last_cycle_; }

 private:
  Neighbours& neighbours_;
  std::uint64_t last_cycle_ = kNever;
};

template <class DmaEngine, class DramEngine>
std::string simulate(const Case& c) {
  MemoryPort port(c.port);
  CreditQueue<DmaDescriptor> descriptors(c.descriptor_depth);
  CreditQueue<DmaData> data(c.data_depth);
  CreditQueue<DmaBurst> done(c.done_depth);
  DramEngine dram(c.memory, port);
  DmaEngine dma(c.dma, {&descriptors, &port, &done, &data});
  Neighbours neighbours(c, descriptors, data, done);
  Watched watched(neighbours);
  std::exception_ptr failure;
  CoupledUnit dram_unit("dram", dram, failure), dma_unit("dma", dma, failure);
  CoupledUnit around("around", watched, failure);
  port.connect(dma_unit, dram_unit);
  descriptors.connect(around, dma_unit);
  data.connect(around, dma_unit);
  done.connect(dma_unit, around);
  sc_core::sc_start();
  if (failure) std::rethrow_exception(failure);
  if (!neighbours.have_all()) throw std::runtime_error("the DMA is stuck");
  dma_unit.finish(watched.last_cycle() + 1);  // the judge's last cycle
  std::string all = neighbours.bursts() + "\n";
  for (const auto& f : dma_fields()) all += fmt::format("{} {}\n", f.name, dma.counts().*f.member);
  return all;
}

std::string in_a_process_of_its_own(const std::function<std::string()>& work) {
  return test_support::in_child([&] {
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    return work();
  });
}

TEST(DmaOnTheKernel, TickSkipAndJudgeAgree) {
  for (std::uint64_t seed = 0; seed < 300 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const Case c = random_case(seed);
    const Outcome expected = judge(c, 0);
    const std::string all = expected.bursts + "\n" + expected.counters;
    EXPECT_EQ(in_a_process_of_its_own([&] { return simulate<DmaTick, FixedDramTick>(c); }), all);
    EXPECT_EQ(in_a_process_of_its_own([&] { return simulate<DmaSkip, FixedDramSkip>(c); }), all);
    EXPECT_EQ(in_a_process_of_its_own([&] { return simulate<DmaSkip, FixedDramTick>(c); }), all);
  }
}

}  // namespace
}  // namespace sim::hw::dma_test
