// What energies and areas cost of a point of a sweep: one sentence of Transformer-base on OPTIMUS,
// density 0.25, 25 + 25 tokens, no values, priced at 28 nm with the cells that the clock asks for
// and with each other kind. A point is compiled, simulated and priced; the table is read, as for
// all points of a sweep, before the clock starts.
//   cmake --preset bench && cmake --build build/bench --target pricing_bench
//   build/bench/tests/bench/pricing_bench

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <time.h>

#include <sstream>
#include <string>

#include "sim/accelerators/optimus/activities.h"
#include "sim/accelerators/optimus/compiler.h"
#include "sim/accelerators/optimus/logic_parts.h"
#include "sim/accelerators/optimus/machine.h"
#include "sim/accelerators/optimus/static_parts.h"
#include "sim/energy/area.h"
#include "sim/energy/estimate.h"
#include "sim/workload/load.h"
#include "tests/support/in_child.h"

// libsystemc asks for it; the benchmark's main() takes its place.
extern "C" int sc_main(int, char**) { return 1; }

namespace sim::optimus {
namespace {

constexpr double kMhz = 200;
constexpr int kRepetitions = 5;
const SentenceLengths kLengths[] = {{0, 25, 25}};

/// Of this process, so that other programs on the computer do not count.
double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

struct Seconds {
  double compiling = 0;
  double simulating = 0;
  double pricing = 0;

  double all() const { return compiling + simulating + pricing; }
};

/// Energy and area with one table, in pJ and mm2, so that nothing is left out.
double total(const core::Priced& listed, std::uint64_t cycles, const energy::EnergyTable& table) {
  return energy::estimate(listed.activities, listed.static_parts, table, cycles, kMhz)
             .total.total_pj() +
         energy::area_of(listed.static_parts, listed.logic_parts, table, kMhz).total.total_mm2();
}

void price(const RunRecord& record, const Program& program, const Config& config,
           const energy::EnergyTable& table) {
  const core::Priced listed{activities(record, program, config),
                            static_parts(record, program, config),
                            logic_parts(program, config, record.tile_tokens())};
  benchmark::DoNotOptimize(total(listed, record.cycles, table));
  for (const energy::EnergyTable& variant : table.variants()) {
    benchmark::DoNotOptimize(total(listed, record.cycles, variant));
  }
}

/// A SystemC kernel lives once a process, so a point has one of its own.
Seconds point() {
  const std::string text = test_support::in_child([] {
    const Config config = base::ConfigReader::text("{}", "defaults").read<Config>();
    const auto workload = workload::load(LOCKSTEP_SOURCE_DIR "/workloads/transformer-base.yaml");
    const auto table =
        energy::EnergyTable::load({LOCKSTEP_SOURCE_DIR "/arch-configs/energy/28nm.yaml"}, {});
    const double begin = cpu_seconds();
    const Program program = compile(
        workload::only_task<workload::NetworkTask>(workload, "optimus").model, config, kLengths);
    Machine machine(
        "optimus", program, config, {.engine = core::Engine::kSkip}, {kLengths[0]},
        [](std::size_t, std::uint64_t) {}, nullptr);
    const double compiled = cpu_seconds();
    machine.simulate(std::nullopt);
    const RunRecord record = machine.record();
    const double simulated = cpu_seconds();
    price(record, program, config, table);
    return fmt::format("{} {} {}", compiled - begin, simulated - compiled,
                       cpu_seconds() - simulated);
  });
  Seconds seconds;
  std::istringstream(text) >> seconds.compiling >> seconds.simulating >> seconds.pricing;
  return seconds;
}

void price_of_a_point(benchmark::State& state) {
  for (auto _ : state) {
    Seconds best = point();
    for (int i = 1; i < kRepetitions; ++i) {
      const Seconds found = point();
      if (found.all() < best.all()) best = found;
    }
    state.counters["compiling_ms"] = best.compiling * 1e3;
    state.counters["simulating_ms"] = best.simulating * 1e3;
    state.counters["pricing_ms"] = best.pricing * 1e3;
    state.counters["pricing_over_point"] = best.pricing / best.all();
  }
}
BENCHMARK(price_of_a_point)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sim::optimus
