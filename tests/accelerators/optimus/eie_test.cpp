// The array as EIE: queues of activations, zero inputs left out, columns in batches.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <numeric>

#include "sim/accelerators/optimus/compiler.h"
#include "sim/accelerators/optimus/partial_block.h"
#include "sim/accelerators/optimus/pass_events.h"
#include "sim/accelerators/optimus/stream_skip.h"
#include "sim/accelerators/optimus/stream_tick.h"
#include "tests/accelerators/optimus/eie_judge.h"
#include "tests/accelerators/optimus/machine_support.h"
#include "tests/accelerators/optimus/random_machine.h"

namespace sim::optimus::test {
namespace {

using testing::any_size;
using testing::EieJudge;
using testing::random_mask;

/// One product drawn at random and a machine for it, as EIE is but of any size.
struct Case {
  std::uint32_t rows, columns, vectors;
  double density;
  double activation_density;
  EieJudge eie;
  std::uint32_t width;  // of the write port

  std::string yaml(std::uint32_t tile_tokens = 1) const {
    return fmt::format(
        "mac_array: {{macs: {}, accumulators_per_mac: {}, skip_zero_inputs: true, "
        "pass_columns: {}, tile_tokens: {}, tile_rows: largest, sparse: {{format: csc, "
        "column_mark: pointer, row_mark: zeros, row_bits: {}}}}}\n"
        "input_window: {{scope: per_set, columns: {}, load_width_elements_per_cycle: 1, "
        "place_freed: {}, pop_beats: {}}}\n"
        "precision: {{weight_bits: 4, activation_bits: 16, accumulator_bits: 16}}\n"
        "post_processing: {{output_width_elements_per_cycle: {}}}\n"
        "memories: {{weight_entries_per_fetch: 8}}\n",
        eie.pes, eie.registers * tile_tokens, eie.batch_columns, tile_tokens, eie.zero_bits,
        eie.queue_depth, eie.leaves_at_begin ? "at_begin" : "at_end", eie.pop_cycles, width);
  }
  std::string describe() const {
    return fmt::format("{}x{} {} {} vectors {}\n{}", rows, columns, density, activation_density,
                       vectors, yaml());
  }
};

Case random_case(base::Rng& rng, std::uint32_t size) {
  Case c{};
  c.rows = any_size(rng, size);
  c.columns = any_size(rng, size);
  c.vectors = any_size(rng, 4);
  c.density = 0.01 * (1 + static_cast<double>(rng.below(100)));
  c.activation_density = 0.05 * (1 + static_cast<double>(rng.below(20)));
  c.eie = {.pes = any_size(rng, 16),
           .queue_depth = any_size(rng, 10),
           .zero_bits = 1 + static_cast<std::uint32_t>(rng.below(4)),
           .registers = any_size(rng, 24),
           .batch_columns = rng.below(2) == 0 ? 0 : any_size(rng, size),
           .leaves_at_begin = rng.below(2) == 0,
           .pop_cycles = static_cast<std::uint32_t>(rng.below(3))};
  c.width = any_size(rng, 20);
  return c;
}

workload::SparseProducts task_of(base::Rng& rng, const Case& c, const std::string& name = "a") {
  workload::SparseProducts task;
  workload::Mask inputs(c.vectors, c.columns);
  for (std::uint32_t v = 0; v < c.vectors; ++v) {
    for (std::uint32_t j = 0; j < c.columns; ++j) {
      if (rng.uniform() < c.activation_density) inputs.keep(v, j);
    }
  }
  task.products.push_back({.name = name,
                           .rows = c.rows,
                           .columns = c.columns,
                           .vectors = c.vectors,
                           .mask = std::make_shared<const workload::Mask>(
                               random_mask(rng, c.rows, c.columns, c.density)),
                           .activation_density = c.activation_density,
                           .nonzero = std::make_shared<const workload::Mask>(std::move(inputs))});
  return task;
}

std::vector<bool> inputs_of(const workload::SparseProduct& product, std::uint32_t vector) {
  std::vector<bool> bits(product.columns);
  for (std::uint32_t c = 0; c < product.columns; ++c) bits[c] = product.nonzero->kept(vector, c);
  return bits;
}

void expect_engines_agree(std::uint64_t seed, int cases) {
  base::Rng rng(seed);
  for (int i = 0; i < cases; ++i) {
    const Case c = random_case(rng, 60);
    workload::SparseProducts task = task_of(rng, c);
    const workload::SparseProducts second = task_of(rng, random_case(rng, 40), "b.c");
    task.products.push_back(second.products[0]);
    const std::string yaml = c.yaml(any_size(rng, 3));
    SCOPED_TRACE(fmt::format("{}: {}\n{}", i, c.describe(), yaml));
    const std::string tick = simulate(task, config_of(yaml), core::Engine::kTick);
    ASSERT_EQ(tick, simulate(task, config_of(yaml), core::Engine::kSkip));
    ASSERT_EQ(tick.find(kBrokenSum), std::string::npos) << tick;
  }
}

// Every counter, table and series of 1,000 machines; four tests, which can run side by side.
TEST(Eie, EnginesAgreeOnRandomMachines1) { expect_engines_agree(11, 250); }
TEST(Eie, EnginesAgreeOnRandomMachines2) { expect_engines_agree(12, 250); }
TEST(Eie, EnginesAgreeOnRandomMachines3) { expect_engines_agree(13, 250); }
TEST(Eie, EnginesAgreeOnRandomMachines4) { expect_engines_agree(14, 250); }

/// From the paper's array to the machine's cycles: issue and drain of each pass, sums written row
/// by row when a group of rows is done, through a port of one element a cycle.
std::uint64_t expected_cycles(const std::vector<EieJudge::Pass>& passes, const Case& c) {
  const std::uint32_t batches =
      c.eie.batch_columns == 0 ? 1 : (c.columns + c.eie.batch_columns - 1) / c.eie.batch_columns;
  std::uint64_t array = 0;
  std::uint64_t written = 0;
  const std::uint32_t rows_of_pe = (c.rows + c.eie.pes - 1) / c.eie.pes;
  for (std::size_t i = 0; i < passes.size(); ++i) {
    array += 2 + passes[i].cycles + 3;
    if ((i + 1) % batches != 0) continue;
    const std::size_t groups = (rows_of_pe + c.eie.registers - 1) / c.eie.registers;
    const auto first = static_cast<std::uint32_t>(i / batches % groups) * c.eie.registers;
    const std::uint32_t slots = std::min(c.eie.registers, rows_of_pe - first);
    const std::uint32_t rows = std::min(c.rows - first * c.eie.pes, slots * c.eie.pes);
    array = std::max(array, written) + slots;
    written = array + rows;
  }
  return written;
}

TEST(Eie, MachineTakesTheCyclesThatThePaperSays) {
  base::Rng rng(21);
  for (int i = 0; i < 200; ++i) {
    Case c = random_case(rng, 70);
    c.width = 1;
    SCOPED_TRACE(fmt::format("{}: {}", i, c.describe()));
    const workload::SparseProducts task = task_of(rng, c);
    std::vector<EieJudge::Pass> passes;
    for (std::uint32_t v = 0; v < c.vectors; ++v) {
      const auto more = c.eie.passes(*task.products[0].mask, inputs_of(task.products[0], v));
      passes.insert(passes.end(), more.begin(), more.end());
    }
    EieJudge::Pass sum;
    for (const EieJudge::Pass& pass : passes) {
      sum.waits += pass.waits;
      sum.words += pass.words;
      sum.macs += pass.macs;
      sum.entries += pass.entries;
    }
    const std::string text = simulate(task, config_of(c.yaml()), core::Engine::kTick);
    ASSERT_EQ(headline(text, "cycles"), expected_cycles(passes, c));
    ASSERT_EQ(headline(text, "macs"), sum.macs);
    ASSERT_EQ(number_after(text, "counter mac_array load_stalls"), sum.waits);
    ASSERT_EQ(number_after(text, "counter mac_array weight_reads"), sum.words);
    ASSERT_EQ(number_after(text, "counter mac_array fillers"), sum.entries - sum.macs);
    const std::uint64_t all = task.products[0].mask->count() * c.vectors;
    ASSERT_EQ(headline(text, "skipped_macs"), all - sum.macs);
  }
}

/// A stream of any part of a block: both engines, whatever the set's window and the marks.
TEST(PartialBlocks, EnginesAgreeOnThem) {
  base::Rng rng(31);
  for (int i = 0; i < 1500; ++i) {
    testing::RandomMachine m = testing::random_machine(rng, 48, 64);
    if (m.encoding.sparse.ways == 1) {
      m.stream.window.scope = WindowScope::kPerSet;
      m.stream.window.place_freed = static_cast<PlaceFreed>(rng.below(2));
      m.stream.window.pop_beats = static_cast<std::uint32_t>(rng.below(4));
    }
    SCOPED_TRACE(fmt::format("{}: {} freed={} pops={}", i, m.describe(),
                             static_cast<int>(m.stream.window.place_freed),
                             m.stream.window.pop_beats));
    const workload::Mask mask = random_mask(rng, m.rows, m.columns, m.density);
    const workload::Mask* parts[] = {&mask};
    const EncodedMatrix matrix = encode(parts, m.encoding);
    const workload::Mask inputs = random_mask(rng, m.tokens, m.columns, 0.4);
    const auto first = static_cast<std::uint32_t>(rng.below(m.columns));
    const TakenColumns taken{.first = first,
                             .count = 1 + static_cast<std::uint32_t>(rng.below(m.columns - first)),
                             .nonzero = rng.below(3) == 0 ? nullptr : &inputs,
                             .tokens = m.tokens};
    for (const EncodedBlock& block : matrix.blocks) {
      const PartialBlock part = take_columns(block, taken.list(), 4);
      StreamTick stream(part.block, m.stream, m.tokens);
      while (!stream.done()) stream.tick();
      const StreamCounts tick = stream.counts();
      const Occupancy once(part.block, Occupancy::Use::kOnce);
      ASSERT_TRUE(tick == stream_skip(part.block, once, m.stream, m.tokens));
      ASSERT_TRUE(tick == stream_skip(part.block, Occupancy(part.block), m.stream, m.tokens));
      ASSERT_EQ(tick.mac_cycles(), tick.cycles * block.macs());
      ASSERT_EQ(tick.useful + tick.fillers, part.block.entries.size() * m.tokens);
    }
  }
}

TEST(PartialBlocks, BatchesTogetherAreTheBlock) {
  base::Rng rng(32);
  for (int i = 0; i < 200; ++i) {
    const testing::RandomMachine m = testing::random_machine(rng, 48, 64);
    SCOPED_TRACE(m.describe());
    const workload::Mask mask = random_mask(rng, m.rows, m.columns, m.density);
    const workload::Mask* parts[] = {&mask};
    const EncodedMatrix matrix = encode(parts, m.encoding);
    const EncodedBlock& block = matrix.blocks[0];
    const std::uint32_t step = any_size(rng, m.columns);
    std::uint64_t useful = 0;
    std::uint64_t fillers = 0;
    for (std::uint32_t c = 0; c < m.columns; c += step) {
      const TakenColumns taken{.first = c, .count = std::min(step, m.columns - c)};
      const PartialBlock part = take_columns(block, taken.list(), 1);
      useful += part.block.useful;
      fillers += part.block.fillers;
      for (const Entry& entry : part.block.entries) ASSERT_LT(entry.column, taken.count);
    }
    EXPECT_EQ(useful, block.useful);
    EXPECT_EQ(fillers, block.fillers);
  }
}

TEST(PartialBlocks, AWordOfTwoColumnsInARowIsReadOnce) {
  workload::Mask mask(1, 8);  // a PE of one row: an entry a column
  for (std::uint32_t c = 0; c < 8; ++c) mask.keep(0, c);
  const workload::Mask* parts[] = {&mask};
  const Config config = config_of(
      "mac_array: {macs: 1, sparse: {format: csc, column_mark: pointer}}\n"
      "input_window: {scope: per_set}");
  const EncodedMatrix matrix = encode(parts, EncodingConfig::of(config));
  const auto words = [&](const std::vector<std::uint32_t>& columns) {
    return take_columns(matrix.blocks[0], columns, 4).weight_words;
  };
  EXPECT_EQ(words({0, 1, 2, 3}), 1u);
  EXPECT_EQ(words({0, 3, 4}), 2u);
  EXPECT_EQ(words({3, 4, 7}), 2u);
  EXPECT_EQ(words({}), 0u);
}

/// Two PEs, two columns, three entries in one and one in the other: cycles of the stream by the
/// keys of the window, which has one place and is offered a column a cycle.
std::uint64_t crossed_cycles(const std::string& keys) {
  workload::Mask mask(6, 2);  // rows 0, 2, 4 on PE 0
  for (const std::uint32_t row : {0u, 2u, 4u}) mask.keep(row, 0);
  for (const std::uint32_t row : {1u, 3u, 5u}) mask.keep(row, 1);
  mask.keep(0, 1);
  mask.keep(1, 0);
  const workload::Mask* parts[] = {&mask};
  const Config config = config_of(
      "mac_array: {macs: 2, sparse: {format: csc, column_mark: pointer}}\n"
      "input_window: {scope: per_set, columns: 1, load_width_elements_per_cycle: 1, " +
      keys + "}");
  const EncodedMatrix matrix = encode(parts, EncodingConfig::of(config));
  StreamTick stream(matrix.blocks[0], StreamConfig::of(config), 1);
  while (!stream.done()) stream.tick();
  return stream.counts().cycles;
}

TEST(Queues, PlaceIsFreedWhenTheKeySaysSo) {
  // Column 1 is sent when PE 0 has executed its third entry, and used in the cycle after it.
  EXPECT_EQ(crossed_cycles("place_freed: at_end"), 6u);
  // It is sent when both have executed their first.
  EXPECT_EQ(crossed_cycles("place_freed: at_begin"), 4u);
  // It is sent a beat after the third entry; there is none after the last column.
  EXPECT_EQ(crossed_cycles("place_freed: at_end, pop_beats: 1"), 7u);
  // PE 1 waits a beat, then works from the third on; PE 0 takes its fourth in the fifth.
  EXPECT_EQ(crossed_cycles("place_freed: at_begin, pop_beats: 1"), 5u);
}

TEST(Eie, SkippingNeedsPointersAndWeightsThatAreThere) {
  const auto refusal = [](const std::string& yaml) -> std::string {
    try {
      config_of(yaml);
    } catch (const base::ConfigError& e) {
      return e.what();
    }
    return "no error";
  };
  for (const char* mark : {"delta", "column_length"}) {
    EXPECT_EQ(refusal(fmt::format(
                  "mac_array: {{skip_zero_inputs: true, sparse: {{column_mark: {}}}}}", mark)),
              "test.yaml:1: mac_array.skip_zero_inputs: needs sparse.column_mark pointer: with "
              "other marks a MAC finds a column only by reading those before it");
  }
  const std::string skips =
      "mac_array: {skip_zero_inputs: true, sparse: {column_mark: pointer}}\nmemories: ";
  EXPECT_EQ(refusal(skips + "{weight_store: streamed}"),
            "test.yaml:2: memories.weight_store: streamed weights come column after column, all of "
            "them: not with mac_array.skip_zero_inputs");
  EXPECT_EQ(refusal("mac_array: {pass_columns: 9}\nmemories: {weight_store: streamed}"),
            "test.yaml:2: memories.weight_store: streamed weights come column after column, all of "
            "them: not with mac_array.pass_columns");
  EXPECT_EQ(refusal("input_window: {scope: per_set, pop_beats: 1}"),
            "test.yaml:1: input_window.pop_beats: needs sets of one MAC, but mac_array.sparse.ways "
            "is 8");
  EXPECT_EQ(refusal("input_window: {scope: per_set, place_freed: at_begin}"),
            "test.yaml:1: input_window.place_freed: needs sets of one MAC, but "
            "mac_array.sparse.ways is 8");
}

/// Transformers whose inputs behind a ReLU are zero at random, in tiles of any size, with and
/// without redundant decoding: the laws hold (a run that breaks one throws) in both engines.
TEST(ZeroInputs, EnginesAgreeOnTransformers) {
  base::Rng rng(41);
  for (int i = 0; i < 60; ++i) {
    const Shape shape = random_shape(rng);
    const workload::Network model = model_of(shape);
    const std::string yaml = fmt::format(
        "mac_array: {{macs: {}, accumulators_per_mac: {}, skip_zero_inputs: true, pass_columns: "
        "{}, "
        "sparse: {{ways: 2, column_mark: pointer}}}}\ninput_window: {{scope: {}, columns: {}}}\n"
        "load_compute_matching: {}\nskipping: {{redundant_decoding: {}}}\n",
        2 * any_size(rng, 12), any_size(rng, 40), rng.below(2) * any_size(rng, 40),
        rng.below(2) == 0 ? "global" : "per_set", any_size(rng, 20), rng.below(3) != 0,
        rng.below(2) != 0);
    SCOPED_TRACE(yaml);
    const Config config = config_of(yaml);
    const std::vector<SentenceLengths> sentences{{0, any_size(rng, 9), any_size(rng, 6)},
                                                 {1, any_size(rng, 9), any_size(rng, 6)}};
    const Program program = compile(model, config, sentences);
    const std::uint64_t seed = rng.next();
    const NonzeroInputs inputs = [&](std::size_t sentence, std::uint32_t layer) {
      if (!program.layers[layer].relu) return std::shared_ptr<const workload::Mask>();
      base::Rng own(seed + 1000 * sentence + layer);
      return std::make_shared<const workload::Mask>(
          random_mask(own, 9, program.layers[layer].columns, 0.3));
    };
    const std::string tick =
        simulate(model, config, {.engine = core::Engine::kTick, .nonzero = inputs}, sentences);
    const std::string skip =
        simulate(model, config, {.engine = core::Engine::kSkip, .nonzero = inputs}, sentences);
    ASSERT_EQ(tick, skip);
    ASSERT_EQ(tick.find(kBrokenSum), std::string::npos);
    EXPECT_GT(headline(tick, "skipped_macs"), 0u);
  }
}

}  // namespace
}  // namespace sim::optimus::test
