// The whole OPTIMUS machine: one sentence of Transformer-base, density 0.25, n = T = 25, N = 1024,
// m = 8, no values. Each simulation runs in a process of its own. Compiling and the occupancy of
// the matrices come before the clock starts; what is measured is the simulation of the sentence,
// all units and the SystemC kernel included.
//   cmake --preset bench && cmake --build build/bench --target optimus_machine_bench
//   build/bench/tests/bench/optimus_machine_bench

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <time.h>

#include <string>

#include "sim/accelerators/optimus/compiler.h"
#include "sim/accelerators/optimus/machine.h"
#include "sim/accelerators/optimus/results.h"
#include "sim/workload/load.h"
#include "tests/support/in_child.h"

// libsystemc asks for it; the benchmark's main() takes its place.
extern "C" int sc_main(int, char**) { return 1; }

namespace sim::optimus {
namespace {

constexpr std::uint32_t kTokens = 25;
const SentenceLengths kLengths[] = {{0, kTokens, kTokens}};
constexpr int kRepetitions = 5;

struct Setup {
  Config config = base::ConfigReader::text("{}", "defaults").read<Config>();
  workload::Workload workload =
      workload::load(LOCKSTEP_SOURCE_DIR "/workloads/transformer-base.yaml");
  const workload::Network& model =
      workload::only_task<workload::NetworkTask>(workload, "optimus").model;
  Program program = compile(model, config, kLengths);
};

const Setup& setup() {
  static const Setup s;
  return s;
}

struct Measured {
  double seconds = 0;
  std::uint64_t cycles = 0;
};

/// Of this process, so that other programs on the computer do not count.
double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

Measured simulate(const MachineOptions& options) {
  const Setup& s = setup();
  const std::string text = test_support::in_child([&] {
    Machine machine(
        "optimus", s.program, s.config, options, {kLengths[0]}, [](std::size_t, std::uint64_t) {},
        nullptr);
    const double begin = cpu_seconds();
    machine.simulate(std::nullopt);
    const double spent = cpu_seconds() - begin;
    return fmt::format("{} {}", spent, machine.record().cycles);
  });
  return {std::stod(text), std::stoull(text.substr(text.find(' ')))};
}

/// The shortest of several: what the machine under the benchmark costs without its neighbours.
Measured best(const MachineOptions& options) {
  Measured least = simulate(options);
  for (int i = 1; i < kRepetitions; ++i) {
    const Measured m = simulate(options);
    if (m.seconds < least.seconds) least = m;
  }
  return least;
}

void sentence(benchmark::State& state) {
  for (auto _ : state) {
    const Measured tick = best({.engine = core::Engine::kTick});
    const Measured skip = best({.engine = core::Engine::kSkip, .reuse = false});
    const Measured reuse = best({.engine = core::Engine::kSkip, .reuse = true});
    if (tick.cycles != skip.cycles || tick.cycles != reuse.cycles) {
      state.SkipWithError("the engines disagree");
    }
    state.counters["tick_ms"] = tick.seconds * 1e3;
    state.counters["skip_ms"] = skip.seconds * 1e3;
    state.counters["skip_with_reuse_ms"] = reuse.seconds * 1e3;
    state.counters["tick_over_skip"] = tick.seconds / skip.seconds;
    state.counters["tick_over_skip_with_reuse"] = tick.seconds / reuse.seconds;
    state.counters["tick_Mcycles_per_s"] = static_cast<double>(tick.cycles) / tick.seconds / 1e6;
    state.counters["cycles"] = static_cast<double>(tick.cycles);
  }
}
BENCHMARK(sentence)->Iterations(1)->Unit(benchmark::kMillisecond);

/// From the masks to everything that timing needs, all weights of the model.
void compile_model(benchmark::State& state) {
  const Setup& s = setup();
  for (auto _ : state) {
    const Program program = compile(s.model, s.config, kLengths);
    const auto engine = make_mac_array_engine(core::Engine::kSkip, s.config, true, nullptr);
    engine->prepare(program);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
}
BENCHMARK(compile_model)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sim::optimus
