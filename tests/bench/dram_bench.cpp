// Memories and a DMA before them, each called as the kernel would call it: skipping against
// ticking, the same requests in both.
//   cmake --preset bench && cmake --build build/bench --target dram_bench
//   build/bench/tests/bench/dram_bench

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "sim/base/config_reader.h"
#include "sim/base/rng.h"
#include "sim/hw/dma.h"
#include "sim/hw/make_dram.h"
#include "tests/bench/coupled_loop.h"

// libsystemc asks for it; the benchmark's main() takes its place.
extern "C" int sc_main(int, char**) { return 1; }

namespace sim::hw {
namespace {

constexpr std::uint64_t kRequests = 20'000;
constexpr std::uint32_t kBytes = 64;
constexpr std::uint64_t kRange = std::uint64_t{1} << 28;  // bytes that random requests fall in
constexpr std::uint32_t kMachineMhz = 1000;

/// A requester that sends as soon as it may, and one that first works for `pause` cycles.
struct Load {
  bool random;
  std::uint64_t pause;
};

class Requester : public Engine {
 public:
  Requester(MemoryPort& port, const Load& load) : port_(port), load_(load), rng_(1, "requests") {}

  void run_to(std::uint64_t cycle) override {
    if (port_.can_receive(cycle)) {
      port_.receive(cycle);
      ++received_;
    }
    if (cycle >= ready_ && sent_ < kRequests && port_.can_send()) {
      const std::uint64_t burst = load_.random ? rng_.below(kRange / kBytes) : sent_;
      port_.send(cycle, {.id = sent_, .address = burst * kBytes, .bytes = kBytes});
      ++sent_;
      ready_ = cycle + 1 + load_.pause;
    }
    next_ = sent_ < kRequests && port_.can_send() ? ready_ : kNever;
    if (port_.can_receive(cycle + 1)) next_ = cycle + 1;
  }
  std::uint64_t next_event() const override { return next_; }
  bool done() const { return received_ == kRequests; }

 private:
  MemoryPort& port_;
  const Load load_;
  base::Rng rng_;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t ready_ = 0;
  std::uint64_t next_ = 0;
};

/// Takes a burst each `pause` + 1 cycles.
class Consumer : public Engine {
 public:
  Consumer(CreditQueue<DmaBurst>& bursts, std::uint64_t pause) : bursts_(bursts), pause_(pause) {}

  void run_to(std::uint64_t cycle) override {
    if (cycle >= free_ && bursts_.can_pop(cycle)) {
      done_ = bursts_.pop(cycle).last;
      free_ = cycle + 1 + pause_;
    }
    const std::uint64_t next = std::max(free_, cycle + 1);
    next_ = bursts_.can_pop(next) ? next : kNever;
  }
  std::uint64_t next_event() const override { return next_; }
  bool done() const { return done_; }

 private:
  CreditQueue<DmaBurst>& bursts_;
  const std::uint64_t pause_;
  std::uint64_t free_ = 0;
  std::uint64_t next_ = kNever;
  bool done_ = false;
};

DramConfig memory(const char* yaml) {
  auto reader = base::ConfigReader::text(yaml, "dram");
  return reader.read<DramConfig>();
}

bench::Measured run_requests(const DramConfig& config, const Load& load, bool skip) {
  std::uint64_t now = 0;
  MemoryPort port(config.port);
  const std::unique_ptr<Dram> dram =
      make_dram(config, kMachineMhz, port, skip ? EngineKind::kSkip : EngineKind::kTick);
  Requester requester(port, load);
  DueEngine dram_unit(*dram, now), requester_unit(requester, now);
  port.connect(requester_unit, dram_unit);
  return bench::run_until_done(requester, now, {&dram_unit, &requester_unit});
}

bench::Measured run_dma(const DramConfig& config, std::uint64_t pause, bool skip) {
  std::uint64_t now = 0;
  MemoryPort port(config.port);
  CreditQueue<DmaDescriptor> descriptors(1);
  CreditQueue<DmaBurst> bursts(4);
  const DmaConfig dma_config = {.burst_bytes = kBytes, .outstanding = 16};
  const Dma::Ends ends = {&descriptors, &port, &bursts, nullptr};
  std::unique_ptr<Dma> dma;
  if (skip) {
    dma = std::make_unique<DmaSkip>(dma_config, ends);
  } else {
    dma = std::make_unique<DmaTick>(dma_config, ends);
  }
  const std::unique_ptr<Dram> dram =
      make_dram(config, kMachineMhz, port, skip ? EngineKind::kSkip : EngineKind::kTick);
  Consumer consumer(bursts, pause);
  DueEngine dma_unit(*dma, now), dram_unit(*dram, now), consumer_unit(consumer, now);
  port.connect(dma_unit, dram_unit);
  bursts.connect(dma_unit, consumer_unit);
  descriptors.push(0, {.line_bytes = kRequests * kBytes});
  dma_unit.wake();
  return bench::run_until_done(consumer, now, {&dma_unit, &dram_unit, &consumer_unit});
}

struct NamedLoad {
  const char* name;
  Load load;
};
constexpr NamedLoad kLoads[] = {{"stream", {false, 0}},
                                {"random", {true, 0}},
                                {"stream_each_200_cycles", {false, 199}},
                                {"random_each_200_cycles", {true, 199}}};

void add_memory(const std::string& name, const DramConfig& config) {
  for (const NamedLoad& n : kLoads) {
    const Load load = n.load;
    bench::add(fmt::format("{}/{}", name, n.name),
               [config, load](bool skip) { return run_requests(config, load, skip); });
  }
  bench::add(name + "/dma", [config](bool skip) { return run_dma(config, 0, skip); });
  bench::add(name + "/dma_consumer_each_200_cycles",
             [config](bool skip) { return run_dma(config, 199, skip); });
}

int register_all() {
  add_memory("fixed", memory("{kind: fixed, fixed: {bytes_per_cycle: 16, latency_cycles: 100}}"));
  add_memory("banked", memory("{kind: banked, banked: {standard: ddr4_2400}}"));
  return 0;
}

const int kRegistered = register_all();  // before benchmark_main runs

}  // namespace
}  // namespace sim::hw
