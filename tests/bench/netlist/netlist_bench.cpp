// A trained classifier of 3,031 tables of 8 inputs: scores with toggle counts by the simulator,
// beside the Verilated netlist that `lockstep rtl` writes, which gives scores alone, or also the
// toggles of all wires. One core, CPU time, one run.
//   cmake --preset bench && cmake --build build/bench --target netlist_bench
//   build/bench/tests/bench/netlist_bench

#include <benchmark/benchmark.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <ctime>
#include <limits>
#include <memory>

#include "sim/values/lut_activity.h"
#include "tests/cosim/poetbin/shapes.h"
#include "tests/cosim/twin.h"

// libsystemc asks for it; the benchmark's main() takes its place.
extern "C" int sc_main(int, char**) { return 1; }

namespace sim::test {
std::unique_ptr<Twin> make_netlist();
std::unique_ptr<Twin> make_netlist_wires();
}  // namespace sim::test

namespace sim::poetbin::test {
namespace {

constexpr std::uint32_t kValues = 65536;  // samples by the simulator
constexpr std::uint32_t kNetlist = 4096;  // by the netlist

const Shape& shape() {
  static const Shape s = make_shape("spatial_digits");
  return s;
}

/// The program's vectors, again and again.
workload::BitRows repeated(std::uint32_t rows) {
  const workload::BitRows& vectors = shape().task.vectors.inputs;
  workload::BitRows all(rows, vectors.bits);
  const std::size_t words = vectors.words_per_row();
  for (std::size_t i = 0; i < all.words.size(); ++i) {
    all.words[i] = vectors.words[i / words % vectors.rows * words + i % words];
  }
  return all;
}

/// CPU seconds of the fastest of some runs.
template <class F>
double seconds(F&& f) {
  double least = std::numeric_limits<double>::max();
  for (int i = 0; i < 5; ++i) {
    const std::clock_t begin = std::clock();
    f();
    least = std::min(least, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  return least;
}

/// A sample a clock; what changed on the wires that the twin shows.
std::uint64_t run_netlist(sim::test::Twin& twin, const workload::BitRows& inputs, bool toggles) {
  const std::size_t words = inputs.words_per_row();
  sim::test::Bits before = twin.probe();
  std::uint64_t changed = 0;
  for (std::uint32_t row = 0; row < kNetlist; ++row) {
    const auto begin = inputs.words.begin() + static_cast<std::ptrdiff_t>(row * words);
    twin.drive(true, {begin, begin + static_cast<std::ptrdiff_t>(words)}, true);
    twin.clock();
    benchmark::DoNotOptimize(twin.result());
    if (!toggles) continue;
    sim::test::Bits now = twin.probe();
    for (std::size_t i = 0; i < now.size(); ++i) {
      changed += static_cast<std::uint64_t>(std::popcount(now[i] ^ before[i]));
    }
    before = std::move(now);
  }
  return changed;
}

double netlist_per_s(sim::test::Twin& twin, const workload::BitRows& inputs, bool toggles) {
  return kNetlist / seconds([&] { benchmark::DoNotOptimize(run_netlist(twin, inputs, toggles)); });
}

void values_against_netlist(benchmark::State& state) {
  const auto inputs = repeated(kValues);
  const auto netlist = sim::test::make_netlist();
  const auto wires = sim::test::make_netlist_wires();
  for (auto _ : state) {
    const double values =
        kValues / seconds([&] {
          benchmark::DoNotOptimize(values::lut_activity(shape().program.luts, inputs));
        });
    const double scores = netlist_per_s(*netlist, inputs, false);
    const double toggles = netlist_per_s(*wires, inputs, true);
    state.counters["simulator_per_s"] = values;
    state.counters["netlist_per_s"] = scores;
    state.counters["netlist_toggles_per_s"] = toggles;
    state.counters["ratio"] = values / scores;
    state.counters["ratio_toggles"] = values / toggles;
  }
}
BENCHMARK(values_against_netlist)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sim::poetbin::test
