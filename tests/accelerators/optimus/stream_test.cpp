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
using testing::random_machine;
using testing::random_mask;
using testing::RandomMachine;

StreamCounts ticked(const EncodedBlock& block, const StreamConfig& config, std::uint32_t tokens) {
  StreamTick stream(block, config, tokens);
  while (!stream.done()) stream.tick();
  return stream.counts();
}

EncodedMatrix encode_one(const workload::Mask& mask, const EncodingConfig& config) {
  const workload::Mask* parts[] = {&mask};
  return encode(parts, config);
}

void expect_engines_agree(const RandomMachine& machine, const workload::Mask& mask) {
  const EncodedMatrix matrix = encode_one(mask, machine.encoding);
  EXPECT_EQ(matrix.useful(), mask.count());
  for (const EncodedBlock& block : matrix.blocks) {
    const StreamCounts tick = ticked(block, machine.stream, machine.tokens);
    const StreamCounts skip = stream_skip(block, Occupancy(block), machine.stream, machine.tokens);
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
        machine, random_mask(rng, machine.rows, machine.columns, machine.density)));
  }
}

TEST(StreamEngines, AgreeInEveryCounterOnLargeRandomMachines) {
  base::Rng rng(2);
  for (int i = 0; i < 60; ++i) {
    const RandomMachine machine = random_machine(rng, 600, 1024);
    SCOPED_TRACE(fmt::format("{}: {}", i, machine.describe()));
    ASSERT_NO_FATAL_FAILURE(expect_engines_agree(
        machine, random_mask(rng, machine.rows, machine.columns, machine.density)));
  }
}

TEST(StreamEngines, AgreeWithAJudgeWrittenApart) {
  base::Rng rng(3);
  for (int i = 0; i < 1500; ++i) {
    RandomMachine machine = random_machine(rng, 20, 24);
    machine.encoding.accumulators_per_mac = 64;
    machine.stream.dram_bytes_per_cycle = 0;
    SCOPED_TRACE(fmt::format("{}: {}", i, machine.describe()));
    const workload::Mask mask = random_mask(rng, machine.rows, machine.columns, machine.density);
    const EncodedMatrix matrix = encode_one(mask, machine.encoding);
    ASSERT_EQ(matrix.blocks.size(), 1u);
    Judge judge(mask, matrix.placement, machine.encoding, machine.stream);
    ASSERT_EQ(judge.entries(), matrix.useful() + matrix.fillers());
    const StreamCounts truth = judge.run(machine.tokens);
    ASSERT_EQ(ticked(matrix.blocks[0], machine.stream, machine.tokens), truth);
    ASSERT_EQ(
        stream_skip(matrix.blocks[0], Occupancy(matrix.blocks[0]), machine.stream, machine.tokens),
        truth);
  }
}

}  // namespace
}  // namespace sim::optimus
