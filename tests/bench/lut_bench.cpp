// A LUT program of PoET-BiN's MNIST size (3,040 tables of 8 inputs in four levels) on random
// inputs, one core: inferences a second for scores alone and with every toggle count, and
// transitions a second of the event-driven model of glitches.
#include <benchmark/benchmark.h>

#include "sim/values/lut_activity.h"
#include "sim/values/lut_glitches.h"
#include "tests/support/random_luts.h"

namespace sim::values {
namespace {

constexpr std::uint32_t kSamples = 1 << 14;

struct Setup {
  Setup() : rng(1), program(test::random_rinc(rng, {})), inputs(bits()) {}
  workload::BitRows bits() { return test::random_bits(rng, kSamples, program.inputs); }
  base::Rng rng;
  workload::LutProgram program;
  workload::BitRows inputs;
};

void count_inferences(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * kSamples);
}

void scores(benchmark::State& state) {
  Setup s;
  for (auto _ : state) benchmark::DoNotOptimize(lut_scores(s.program, s.inputs));
  count_inferences(state);
}
BENCHMARK(scores)->Unit(benchmark::kMillisecond);

void scores_and_activity(benchmark::State& state) {
  Setup s;
  LutEvaluator evaluator(s.program);
  std::vector<std::int32_t> block;
  for (auto _ : state) {
    ActivityCounter counter(s.program);
    for (std::uint32_t first = 0; first < kSamples; first += LutEvaluator::kBlock) {
      evaluator.load(s.inputs, first, LutEvaluator::kBlock);
      evaluator.run();
      evaluator.scores(block);
      counter.add(evaluator);
    }
    benchmark::DoNotOptimize(counter.activity());
  }
  count_inferences(state);
}
BENCHMARK(scores_and_activity)->Unit(benchmark::kMillisecond);

void glitches(benchmark::State& state) {
  Setup s;
  const workload::BitRows few = test::random_bits(s.rng, 65, s.program.inputs);
  for (auto _ : state) {
    benchmark::DoNotOptimize(lut_glitches(s.program, few, {.spread = 0.3}));
  }
  state.SetItemsProcessed(state.iterations() * 64);
}
BENCHMARK(glitches)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sim::values
