#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/accelerators/optimus/stream_skip.h"
#include "sim/accelerators/optimus/stream_tick.h"
#include "tests/accelerators/optimus/random_machine.h"
#include "tests/accelerators/optimus/stream_judge.h"

namespace sim::optimus {

void PrintTo(const StreamCounts& c, std::ostream* out) {
  *out << fmt::format("{} cycles: {} useful, {} fillers, {} load, {} weight, {} conflict, {} idle",
                      c.cycles, c.useful, c.fillers, c.load_stalls, c.weight_stalls,
                      c.conflict_stalls, c.imbalance);
}

namespace {

using testing::Judge;
using testing::random_arrivals;
using testing::random_machine;
using testing::random_mask;
using testing::RandomMachine;

StreamCounts ticked(const EncodedBlock& block, const StreamConfig& config, std::uint32_t tokens,
                    const ColumnArrivals& arrivals = {}) {
  StreamTick stream(block, config, tokens, columns_here(arrivals));
  while (!stream.done()) stream.tick();
  return stream.counts();
}

EncodedMatrix encode_one(const workload::Mask& mask, const EncodingConfig& config) {
  const workload::Mask* parts[] = {&mask};
  return encode(parts, config);
}

void expect_engines_agree(const RandomMachine& machine, const workload::Mask& mask,
                          const ColumnArrivals& arrivals) {
  const EncodedMatrix matrix = encode_one(mask, machine.encoding);
  EXPECT_EQ(matrix.useful(), mask.count());
  for (const EncodedBlock& block : matrix.blocks) {
    const StreamCounts tick = ticked(block, machine.stream, machine.tokens, arrivals);
    const StreamCounts skip =
        stream_skip(block, Occupancy(block), machine.stream, machine.tokens, arrivals);
    ASSERT_EQ(tick, skip);
    ASSERT_EQ(tick.mac_cycles(), tick.cycles * block.macs());
    ASSERT_EQ(tick.useful + tick.fillers, block.entries.size() * machine.tokens);
  }
}

TEST(StreamEngines, AgreeInEveryCounterOnSmallRandomMachines) {
  base::Rng rng(1);
  for (int i = 0; i < 3000; ++i) {
    const RandomMachine machine = random_machine(rng, 48, 64);
    SCOPED_TRACE(fmt::format("{}: {}", i, machine.describe()));
    ASSERT_NO_FATAL_FAILURE(expect_engines_agree(
        machine, random_mask(rng, machine.rows, machine.columns, machine.density),
        random_arrivals(rng, machine)));
  }
}

TEST(StreamEngines, AgreeInEveryCounterOnLargeRandomMachines) {
  base::Rng rng(2);
  for (int i = 0; i < 60; ++i) {
    const RandomMachine machine = random_machine(rng, 600, 1024);
    SCOPED_TRACE(fmt::format("{}: {}", i, machine.describe()));
    ASSERT_NO_FATAL_FAILURE(expect_engines_agree(
        machine, random_mask(rng, machine.rows, machine.columns, machine.density),
        random_arrivals(rng, machine)));
  }
}

TEST(StreamEngines, AgreeWithAJudgeWrittenApart) {
  base::Rng rng(3);
  for (int i = 0; i < 1500; ++i) {
    RandomMachine machine = random_machine(rng, 20, 24);
    machine.encoding.accumulators_per_mac = 64;
    SCOPED_TRACE(fmt::format("{}: {}", i, machine.describe()));
    const workload::Mask mask = random_mask(rng, machine.rows, machine.columns, machine.density);
    const EncodedMatrix matrix = encode_one(mask, machine.encoding);
    ASSERT_EQ(matrix.blocks.size(), 1u);
    const ColumnArrivals arrivals = random_arrivals(rng, machine);
    Judge judge(mask, matrix.placement, machine.encoding, machine.stream, arrivals);
    ASSERT_EQ(judge.entries(), matrix.useful() + matrix.fillers());
    const StreamCounts truth = judge.run(machine.tokens);
    ASSERT_EQ(ticked(matrix.blocks[0], machine.stream, machine.tokens, arrivals), truth);
    ASSERT_EQ(stream_skip(matrix.blocks[0], Occupancy(matrix.blocks[0]), machine.stream,
                          machine.tokens, arrivals),
              truth);
  }
}

StreamConfig plain_window(std::uint32_t columns, std::uint32_t width) {
  return {.window = {.scope = WindowScope::kGlobal,
                     .columns = columns,
                     .local_columns = 0,
                     .load_width_elements_per_cycle = width}};
}

EncodingConfig one_mac() {
  return {.sparse = {.format = Format::kCsc,
                     .row_order = RowOrder::kNatural,
                     .ways = 1,
                     .column_mark = ColumnMark::kDelta,
                     .delta_bits = 4,
                     .row_mark = RowMark::kSlot,
                     .row_bits = 0,
                     .way_choice = WayChoice::kOffline},
          .macs = 1,
          .accumulators_per_mac = 64,
          .accumulators = Accumulators::kPrivate,
          .weight_bits = 8};
}

workload::Mask full(std::uint32_t rows, std::uint32_t columns) {
  workload::Mask mask(rows, columns);
  for (std::uint32_t r = 0; r < rows; ++r) {
    for (std::uint32_t c = 0; c < columns; ++c) mask.keep(r, c);
  }
  return mask;
}

TEST(StreamEngines, NeverBeatTheLongestListOrTheLoad) {
  base::Rng rng(4);
  for (int i = 0; i < 500; ++i) {
    RandomMachine machine = random_machine(rng, 60, 64);
    machine.stream.load_compute_matching = true;
    SCOPED_TRACE(machine.describe());
    const workload::Mask mask = random_mask(rng, machine.rows, machine.columns, machine.density);
    const EncodedMatrix matrix = encode_one(mask, machine.encoding);
    const std::uint32_t width = machine.stream.window.load_width_elements_per_cycle;
    for (const EncodedBlock& block : matrix.blocks) {
      // The issue cycles bring in the first columns, so the stream itself loads one beat less.
      const std::uint64_t load = (machine.columns + width - 1) / width - 1;
      const StreamCounts counts =
          stream_skip(block, Occupancy(block), machine.stream, machine.tokens);
      ASSERT_GE(counts.cycles,
                std::max<std::uint64_t>(block.longest_list(), load) * machine.tokens);
    }
  }
}

TEST(StreamTick, SingleWeightTakesOneCycleAToken) {
  const EncodedMatrix matrix = encode_one(full(1, 1), one_mac());
  EXPECT_EQ(ticked(matrix.blocks[0], plain_window(1, 1), 1).cycles, 1u);
  EXPECT_EQ(ticked(matrix.blocks[0], plain_window(1, 1), 7).cycles, 7u);
}

TEST(StreamTick, EmptyMatrixLastsAsLongAsItsLoad) {
  const EncodedMatrix matrix = encode_one(workload::Mask(4, 10), one_mac());
  const StreamCounts counts = ticked(matrix.blocks[0], plain_window(32, 4), 1);
  EXPECT_EQ(counts.cycles, 2u);  // columns 0 to 3 come with the issue, then 4 a cycle
  EXPECT_EQ(counts.imbalance, 2u);
}

TEST(StreamTick, WeightsFromDramHoldTheStreamUntilTheyAreHere) {
  const EncodedMatrix matrix = encode_one(full(1, 5), one_mac());
  const StreamConfig config = plain_window(8, 8);
  const StreamCounts counts = ticked(matrix.blocks[0], config, 1, {2, 4, 6, 8, 10});
  EXPECT_EQ(counts.cycles, 11u);
  EXPECT_EQ(counts.weight_stalls, 6u);
  EXPECT_EQ(ticked(matrix.blocks[0], config, 1, {0, 1, 2, 3, 4}).cycles, 5u);
}

TEST(StreamTick, ColumnIsUsedInTheFirstBeatThatBeginsWhenItIsHere) {
  const EncodedMatrix matrix = encode_one(full(1, 2), one_mac());
  const StreamConfig config = plain_window(8, 8);
  // Beats of 3 cycles begin in 0, 3, 6 …
  EXPECT_EQ(ticked(matrix.blocks[0], config, 3, {0, 3}).cycles, 6u);
  EXPECT_EQ(ticked(matrix.blocks[0], config, 3, {0, 4}).cycles, 9u);
  EXPECT_EQ(ticked(matrix.blocks[0], config, 3, {1, 4}).cycles, 9u);
}

TEST(StreamTick, StallForInputAndWeightsCountsForInput) {
  workload::Mask mask(1, 3);
  mask.keep(0, 2);
  const EncodedMatrix matrix = encode_one(mask, one_mac());
  // Column 2 shows in cycle 2, its weights are here in cycle 5.
  const StreamCounts counts = ticked(matrix.blocks[0], plain_window(3, 1), 1, {0, 0, 5});
  EXPECT_EQ(counts.load_stalls, 2u);
  EXPECT_EQ(counts.weight_stalls, 3u);
}

/// Where no accumulator is shared; with conflicts, who comes later may lose less.
TEST(StreamEngines, WeightsThatComeEarlierNeverCostCycles) {
  base::Rng rng(5);
  for (int i = 0; i < 1000; ++i) {
    RandomMachine machine = random_machine(rng, 60, 64);
    machine.streamed = true;
    machine.stream.accumulators = Accumulators::kPrivate;
    SCOPED_TRACE(machine.describe());
    const workload::Mask mask = random_mask(rng, machine.rows, machine.columns, machine.density);
    const EncodedMatrix matrix = encode_one(mask, machine.encoding);
    const ColumnArrivals late = random_arrivals(rng, machine);
    ColumnArrivals early = late;
    const std::uint64_t sooner = rng.below(20);
    for (std::uint64_t& cycle : early) cycle -= std::min(cycle, sooner);
    const EncodedBlock& block = matrix.blocks[0];
    const Occupancy occupancy(block);
    ASSERT_LE(stream_skip(block, occupancy, machine.stream, machine.tokens, early).cycles,
              stream_skip(block, occupancy, machine.stream, machine.tokens, late).cycles);
  }
}

TEST(StreamTick, LowestWayWinsASharedAccumulator) {
  // Two ways of one set, one row: both hold an entry of slot 0 in every cycle.
  EncodingConfig encoding = one_mac();
  encoding.sparse.ways = 2;
  encoding.macs = 2;
  encoding.accumulators = Accumulators::kShared;
  const EncodedMatrix matrix = encode_one(full(1, 4), encoding);
  StreamConfig config = plain_window(8, 8);
  config.accumulators = Accumulators::kShared;
  const StreamCounts counts = ticked(matrix.blocks[0], config, 1);
  EXPECT_EQ(counts.cycles, 4u);
  EXPECT_EQ(counts.conflict_stalls, 2u);  // while way 0 runs its two
  EXPECT_EQ(counts.imbalance, 2u);        // while way 1 runs its two
}

TEST(StreamSkip, LoadStallsBeyondEightBitsAreCounted) {
  workload::Mask mask(4, 700);
  mask.keep(0, 699);
  mask.keep(1, 3);
  EncodingConfig encoding = one_mac();
  encoding.macs = 4;
  encoding.sparse.delta_bits = 16;
  const EncodedMatrix matrix = encode_one(mask, encoding);
  const StreamCounts counts =
      stream_skip(matrix.blocks[0], Occupancy(matrix.blocks[0]), plain_window(700, 1), 1);
  EXPECT_EQ(counts.load_stalls, 699u + 3u);
  EXPECT_EQ(counts, ticked(matrix.blocks[0], plain_window(700, 1), 1));
}

TEST(Occupancy, LongListsHaveNoChainsAndSkipAllTheSame) {
  const workload::Mask mask = full(64, 2000);
  const EncodedMatrix matrix = encode_one(mask, one_mac());
  const Occupancy occupancy(matrix.blocks[0]);
  EXPECT_FALSE(occupancy.chains.has_value());
  EXPECT_EQ(stream_skip(matrix.blocks[0], occupancy, plain_window(4, 2), 3),
            ticked(matrix.blocks[0], plain_window(4, 2), 3));
}

}  // namespace
}  // namespace sim::optimus
