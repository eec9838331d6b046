// Memories of every kind on the kernel, beside a requester that sleeps until it is answered.

#include "sim/hw/make_dram.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "sim/hw/clock.h"
#include "sim/hw/coupled_unit.h"
#include "tests/support/in_child.h"
#include "tests/unit/hw/memory_stream.h"

namespace sim::hw::memory_test {
namespace {

/// Sends a request a cycle while it may, and ends the run with the last response.
class Sender final : public Engine {
 public:
  Sender(MemoryPort& port, std::uint64_t requests) : port_(port), requests_(requests) {}

  void run_to(std::uint64_t cycle) override {
    if (port_.can_receive(cycle)) {
      port_.receive(cycle);
      last_ = cycle;
      if (++received_ == requests_) sc_core::sc_stop();
    }
    if (sent_ < requests_ && port_.can_send()) {
      const MemoryRequest r = {.id = sent_, .address = sent_ * 4160, .write = sent_ % 3 == 0};
      port_.send(cycle, r);
      ++sent_;
    }
    next_ = sent_ < requests_ && port_.can_send() ? cycle + 1 : kNever;
  }
  std::uint64_t next_event() const override { return next_; }
  std::uint64_t last() const { return last_; }

 private:
  MemoryPort& port_;
  const std::uint64_t requests_;
  std::uint64_t sent_ = 0, received_ = 0, next_ = 0, last_ = 0;
};

std::string simulate(const std::string& yaml, bool skip) {
  return test_support::in_child([&] {
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    auto reader = base::ConfigReader::text(yaml, "dram.yaml");
    const auto config = reader.read<DramConfig>();
    std::exception_ptr failure;
    MemoryPort port(config.port);
    Sender sender(port, 500);
    const auto dram = make_dram(config, 500, port, skip ? EngineKind::kSkip : EngineKind::kTick);
    CoupledUnit sender_unit("sender", sender, failure);
    CoupledUnit dram_unit("dram", *dram, failure);
    port.connect(sender_unit, dram_unit);
    sc_core::sc_start();
    if (failure) std::rethrow_exception(failure);
    dram_unit.finish(sender.last());
    return fmt::format("last {}\n{}", sender.last(), text(dram->counts()));
  });
}

TEST(MakeDram, EveryKindEndsInTheSameCycleWithTheSameCountersSteppedAndSkipped) {
  for (const char* yaml :
       {"kind: ideal", "{kind: fixed, fixed: {accept_interval_cycles: 3}}",
        "{kind: banked, banked: {standard: ddr4_2400, ranks: 2}}",
        "{kind: banked, banked: {standard: lpddr4_3200}}",
        "{kind: banked, banked: {standard: hbm2}}", "{kind: banked, banked: {standard: gddr6}}"}) {
    const std::string skipped = simulate(yaml, true);
    EXPECT_EQ(skipped, simulate(yaml, false)) << yaml;
    EXPECT_NE(skipped.find("responses 500\n"), std::string::npos) << skipped;
  }
}

}  // namespace
}  // namespace sim::hw::memory_test
