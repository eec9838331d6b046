// Memories and a DMA before them: skipping against ticking, the same stream in both, one thread,
// CPU time. Each engine is called as the kernel would call it: when its next event has come, or in
// the cycle after a neighbour changed; the loop around goes straight from one call to the next. It
// costs less than the kernel, whose price is a call's: calls_over_calls.
//   cmake --preset bench && cmake --build build/bench --target dram_bench
//   build/bench/tests/bench/dram_bench

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>

#include "sim/base/config_reader.h"
#include "sim/base/rng.h"
#include "sim/hw/dma.h"
#include "sim/hw/make_dram.h"

// libsystemc asks for it; the benchmark's main() takes its place.
extern "C" int sc_main(int, char**) { return 1; }

namespace sim::hw {
namespace {

constexpr std::uint64_t kRequests = 20'000;
constexpr std::uint32_t kBytes = 64;
constexpr std::uint64_t kRange = std::uint64_t{1} << 28;  // bytes that random requests fall in
constexpr std::uint32_t kMachineMhz = 1000;
constexpr int kRepetitions = 9;

/// A requester that sends as soon as it may, and one that first works for `pause` cycles.
struct Load {
  bool random;
  std::uint64_t pause;
};

struct Measured {
  double seconds = 0;
  std::uint64_t cycles = 0;
  std::uint64_t calls = 0;  // of all engines
};

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// An engine, and the cycle in which it is due.
class Unit : public Wakeable {
 public:
  Unit(Engine& engine, const std::uint64_t& now) : engine_(engine), now_(now) {}
  void wake() override { due_ = std::min(due_, now_ + 1); }
  std::uint64_t due() const { return due_; }
  void run_if_due() {
    if (due_ > now_) return;
    due_ = kNever;
    engine_.run_to(now_);
    due_ = std::min(due_, engine_.next_event());
    ++calls_;
  }
  std::uint64_t calls() const { return calls_; }

 private:
  Engine& engine_;
  const std::uint64_t& now_;
  std::uint64_t due_ = 0;
  std::uint64_t calls_ = 0;
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

template <class Last>
Measured run_until_done(const Last& last, std::uint64_t& now, std::initializer_list<Unit*> units) {
  const double begin = cpu_seconds();
  while (!last.done()) {
    now = kNever;
    for (const Unit* u : units) now = std::min(now, u->due());
    for (Unit* u : units) u->run_if_due();
  }
  Measured m{cpu_seconds() - begin, now + 1};
  for (const Unit* u : units) m.calls += u->calls();
  return m;
}

DramConfig memory(const char* yaml) {
  auto reader = base::ConfigReader::text(yaml, "dram");
  return reader.read<DramConfig>();
}

Measured run_requests(const DramConfig& config, const Load& load, bool skip) {
  std::uint64_t now = 0;
  MemoryPort port(config.port);
  const std::unique_ptr<Dram> dram = make_dram(config, kMachineMhz, port, skip);
  Requester requester(port, load);
  Unit dram_unit(*dram, now), requester_unit(requester, now);
  port.connect(requester_unit, dram_unit);
  return run_until_done(requester, now, {&dram_unit, &requester_unit});
}

Measured run_dma(const DramConfig& config, std::uint64_t pause, bool skip) {
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
  const std::unique_ptr<Dram> dram = make_dram(config, kMachineMhz, port, skip);
  Consumer consumer(bursts, pause);
  Unit dma_unit(*dma, now), dram_unit(*dram, now), consumer_unit(consumer, now);
  port.connect(dma_unit, dram_unit);
  bursts.connect(dma_unit, consumer_unit);
  descriptors.push(0, {.line_bytes = kRequests * kBytes});
  dma_unit.wake();
  return run_until_done(consumer, now, {&dma_unit, &dram_unit, &consumer_unit});
}

void keep_shorter(Measured& least, const Measured& m) {
  if (least.cycles == 0 || m.seconds < least.seconds) least = m;
}

/// The shortest of several of each engine, in turns, so that both meet the same neighbours.
template <class Run>
void compare(benchmark::State& state, const Run& run) {
  Measured tick, skip;
  for (auto _ : state) {
    for (int i = 0; i < kRepetitions; ++i) {
      keep_shorter(tick, run(false));
      keep_shorter(skip, run(true));
    }
  }
  if (tick.cycles != skip.cycles) state.SkipWithError("the engines disagree");
  state.counters["cycles"] = static_cast<double>(tick.cycles);
  state.counters["tick_ms"] = tick.seconds * 1e3;
  state.counters["skip_ms"] = skip.seconds * 1e3;
  state.counters["tick_over_skip"] = tick.seconds / skip.seconds;
  state.counters["calls_over_calls"] =
      static_cast<double>(tick.calls) / static_cast<double>(skip.calls);
  state.counters["skip_Mcycles_per_s"] = static_cast<double>(skip.cycles) / skip.seconds / 1e6;
}

template <class Run>
void add(const std::string& name, const Run& run) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [run](benchmark::State& state) { compare(state, run); })
      ->Unit(benchmark::kMillisecond)
      ->Iterations(1);
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
    add(fmt::format("{}/{}", name, n.name),
        [config, load](bool skip) { return run_requests(config, load, skip); });
  }
  add(name + "/dma", [config](bool skip) { return run_dma(config, 0, skip); });
  add(name + "/dma_consumer_each_200_cycles",
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
