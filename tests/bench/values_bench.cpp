// Sentences a second of the value pass on the committed translation trace: sentence after sentence,
// one core, with every reference point that the trace has for it.
#include <benchmark/benchmark.h>

#include <string>

#include "sim/base/error.h"
#include "sim/values/check.h"
#include "sim/values/translator.h"
#include "sim/workload/load.h"

namespace sim::values {
namespace {

void translate_trace(benchmark::State& state, const Decoding& decoding) {
  try {
    const auto workload =
        workload::load(std::string(LOCKSTEP_SOURCE_DIR) + "/workloads/translation.yaml");
    const auto& task = workload::only_task<workload::NetworkTask>(workload, "the value pass");
    Translator translator(task.model, decoding);
    std::size_t next = 0;
    std::uint64_t steps = 0;
    for (auto _ : state) {
      const auto& sentence = task.samples[next++ % task.samples.size()];
      const auto wanted = reference_operators(task, sentence.index);
      const auto translation =
          translator.translate(sentence.source, sentence.max_target_tokens, wanted);
      check_sentence(task, sentence, translation);
      steps += translation.steps();
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["tokens_per_second"] =
        benchmark::Counter(static_cast<double>(steps), benchmark::Counter::kIsRate);
  } catch (const base::UserError& e) {
    state.SkipWithError(e.what());
  }
}

BENCHMARK_CAPTURE(translate_trace, skipping, Decoding{.skip_redundant = true})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(translate_trace, recomputing, Decoding{.skip_redundant = false})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sim::values
