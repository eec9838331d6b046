// The sparse array of OPTIMUS: skipping against ticking, on the matrices of Transformer-base at
// density 0.25, N = 1024, m = 8, D = 32, B = 16. All times are CPU time of this thread, both
// engines in one run. No result is reused: every step of a sentence is timed anew.
//   cmake --preset bench && ninja -C build/bench optimus_sparse_bench
//   build/bench/tests/bench/optimus_sparse_bench

#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "sim/accelerators/optimus/stream_skip.h"
#include "sim/accelerators/optimus/stream_tick.h"
#include "sim/base/math.h"
#include "sim/base/rng.h"
#include "sim/workload/masks.h"

namespace sim::optimus {
namespace {

constexpr std::uint32_t kTokens = 25;  // source and target
constexpr std::uint32_t kAccumulators = 64;

const EncodingConfig kEncoding{.sparse = {.format = Format::kSaRcsc,
                                          .row_order = RowOrder::kSnake,
                                          .ways = 8,
                                          .column_mark = ColumnMark::kDelta,
                                          .delta_bits = 4,
                                          .row_mark = RowMark::kSlot,
                                          .row_bits = 0,
                                          .way_choice = WayChoice::kOffline},
                               .macs = 1024,
                               .accumulators_per_mac = kAccumulators,
                               .accumulators = Accumulators::kPrivate,
                               .weight_bits = 8};
const StreamConfig kStream{.window = {.scope = WindowScope::kGlobal,
                                      .columns = 32,
                                      .local_columns = 0,
                                      .load_width_elements_per_cycle = 16}};

struct Shape {
  std::string name;
  std::uint32_t rows, columns;
  bool decoder;  // once a target position, else once a sentence on all source tokens
};

/// One layer of encoder and decoder; Q, K, V and the cross-attention's K, V as one matrix each.
const std::vector<Shape> kEncoderLayer{{"qkv", 1536, 512, false},
                                       {"out", 512, 512, false},
                                       {"ffn1", 2048, 512, false},
                                       {"ffn2", 512, 2048, false}};
const std::vector<Shape> kDecoderLayer{{"cross_kv", 1024, 512, false}, {"qkv", 1536, 512, true},
                                       {"out", 512, 512, true},        {"cross_q", 512, 512, true},
                                       {"cross_out", 512, 512, true},  {"ffn1", 2048, 512, true},
                                       {"ffn2", 512, 2048, true}};
const Shape kProjection{"projection", 37000, 512, true};

workload::Mask draw(const Shape& shape, std::uint64_t seed) {
  base::Rng rng(seed, shape.name);
  return workload::draw_mask(
      rng, workload::log_normal_scales(rng, shape.rows, shape.columns, 0.25, 0.15),
      workload::KeepLaw::kMagnitude, 0.25);
}

struct Matrix {
  Shape shape;
  EncodedMatrix encoded;
  std::vector<Occupancy> occupancies;

  Matrix(const Shape& s, const workload::Mask& mask) : shape(s) {
    const workload::Mask* parts[] = {&mask};
    encoded = encode(parts, kEncoding);
    for (const EncodedBlock& block : encoded.blocks) occupancies.emplace_back(block);
  }

  /// Tokens for which a weight is held.
  std::uint32_t tile() const {
    if (shape.decoder) return 1;
    return std::min(kTokens, kAccumulators / encoded.blocks[0].slots);
  }
  /// Passes in a sentence.
  std::uint32_t passes() const {
    return static_cast<std::uint32_t>(base::ceil_div(kTokens, tile()));
  }
};

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::uint64_t skip_pass(const Matrix& matrix) {
  std::uint64_t cycles = 0;
  for (std::size_t b = 0; b < matrix.occupancies.size(); ++b) {
    cycles +=
        stream_skip(matrix.encoded.blocks[b], matrix.occupancies[b], kStream, matrix.tile()).cycles;
  }
  return cycles;
}

std::uint64_t tick_pass(const Matrix& matrix) {
  std::uint64_t cycles = 0;
  for (const EncodedBlock& block : matrix.encoded.blocks) {
    StreamTick stream(block, kStream, matrix.tile());
    while (!stream.done()) stream.tick();
    cycles += stream.counts().cycles;
  }
  return cycles;
}

struct Timed {
  double seconds = 0;
  std::uint64_t cycles = 0;
};

template <class Pass>
Timed time_passes(std::deque<Matrix>& matrices, bool decoder, Pass pass) {
  Timed timed;
  const double start = cpu_seconds();
  const std::uint32_t steps = decoder ? kTokens : 1;
  for (std::uint32_t step = 0; step < steps; ++step) {
    for (const Matrix& matrix : matrices) {
      if (matrix.shape.decoder != decoder) continue;
      const std::uint32_t passes = decoder ? 1 : matrix.passes();
      for (std::uint32_t p = 0; p < passes; ++p) timed.cycles += pass(matrix);
    }
  }
  timed.seconds = cpu_seconds() - start;
  return timed;
}

template <class Pass>
Timed time_sentence(std::deque<Matrix>& matrices, Pass pass) {
  const Timed once = time_passes(matrices, false, pass);
  const Timed steps = time_passes(matrices, true, pass);
  return {once.seconds + steps.seconds, once.cycles + steps.cycles};
}

void report(benchmark::State& state, const Timed& tick, const Timed& skip) {
  state.counters["cycles"] = static_cast<double>(tick.cycles);
  state.counters["tick_Mcycles_per_s"] = 1e-6 * static_cast<double>(tick.cycles) / tick.seconds;
  state.counters["tick_ms"] = 1e3 * tick.seconds;
  state.counters["skip_ms"] = 1e3 * skip.seconds;
  state.counters["tick_over_skip"] = tick.seconds / skip.seconds;
  if (tick.cycles != skip.cycles) state.SkipWithError("the engines disagree");
}

/// One pass of one matrix.
void one_matrix(benchmark::State& state, const Shape& shape) {
  const Matrix matrix(shape, draw(shape, 1));
  constexpr int kRepeats = 20;
  Timed tick, skip;
  for (auto _ : state) {
    double start = cpu_seconds();
    tick.cycles = tick_pass(matrix);
    tick.seconds += cpu_seconds() - start;
    start = cpu_seconds();
    for (int i = 0; i < kRepeats; ++i) benchmark::DoNotOptimize(skip.cycles = skip_pass(matrix));
    skip.seconds += (cpu_seconds() - start) / kRepeats;
  }
  const auto iterations = static_cast<double>(state.iterations());
  report(state, {tick.seconds / iterations, tick.cycles}, {skip.seconds / iterations, skip.cycles});
}

std::vector<std::pair<Shape, workload::Mask>> base_model() {
  std::vector<std::pair<Shape, workload::Mask>> model;
  for (std::uint64_t layer = 0; layer < 6; ++layer) {
    for (const Shape& shape : kEncoderLayer) model.emplace_back(shape, draw(shape, layer));
  }
  for (std::uint64_t layer = 6; layer < 12; ++layer) {
    for (const Shape& shape : kDecoderLayer) model.emplace_back(shape, draw(shape, layer));
  }
  return model;
}

/// Encodes the 44 M weights of both stacks and compiles their occupancy.
void build(benchmark::State& state) {
  const auto model = base_model();
  double seconds = 0;
  for (auto _ : state) {
    const double start = cpu_seconds();
    std::deque<Matrix> matrices;
    for (const auto& [shape, mask] : model) matrices.emplace_back(shape, mask);
    seconds += cpu_seconds() - start;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["build_s"] = seconds / static_cast<double>(state.iterations());
  state.counters["peak_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
}

/// All sparse streams of a sentence of 25 tokens in and out.
void sentence(benchmark::State& state, bool projection) {
  std::deque<Matrix> matrices;
  for (const auto& [shape, mask] : base_model()) matrices.emplace_back(shape, mask);
  if (projection) matrices.emplace_back(kProjection, draw(kProjection, 12));
  Timed tick, skip;
  for (auto _ : state) {
    tick = time_sentence(matrices, tick_pass);
    skip = time_sentence(matrices, skip_pass);
  }
  report(state, tick, skip);
}

int register_all() {
  benchmark::RegisterBenchmark("build_base_44M_weights", build)
      ->Unit(benchmark::kMillisecond)
      ->Iterations(1);
  for (const Shape& shape : kDecoderLayer) {
    const std::string name = (shape.decoder ? "step/" : "tile/") + shape.name;
    benchmark::RegisterBenchmark(name.c_str(), one_matrix, shape)->Unit(benchmark::kMillisecond);
  }
  benchmark::RegisterBenchmark("step/projection", one_matrix, kProjection)
      ->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("sentence_25", sentence, false)
      ->Unit(benchmark::kMillisecond)
      ->Iterations(1);
  benchmark::RegisterBenchmark("sentence_25_with_projection", sentence, true)
      ->Unit(benchmark::kMillisecond)
      ->Iterations(1);
  return 0;
}

const int kRegistered = register_all();  // before benchmark_main runs

}  // namespace
}  // namespace sim::optimus
