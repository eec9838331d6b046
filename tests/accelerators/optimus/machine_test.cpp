#include "sim/accelerators/optimus/machine.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "sim/accelerators/optimus/compiler.h"
#include "sim/accelerators/optimus/stream_tick.h"
#include "sim/base/math.h"
#include "sim/base/rng.h"
#include "sim/hw/clock.h"
#include "tests/accelerators/optimus/machine_support.h"
#include "tests/support/in_child.h"

namespace sim::optimus::test {
namespace {

using base::ceil_div;
using base::ceil_log2;
using workload::OperatorKind;

const MachineOptions kTick{.engine = core::Engine::kTick};
const MachineOptions kSkip{.engine = core::Engine::kSkip};
const MachineOptions kSkipWithoutReuse{.engine = core::Engine::kSkip, .reuse = false};

/// Cycles of one command when nothing overlaps, from the formulas alone:
///   sparse:  2 + C_stream * L_t [+ ceil(W L_t / B)] + (P-1) + L_t (R + ceil(log2 m)) + ceil(H L_t
///   / B_out), every tile dense:   2 + max(compute, K/V port, load) [or + load] + (P-1) + 1 +
///   ceil(log2 m) + ceil(results / B_out) soft-max 3 ceil(e / P_sm) + 10, add+norm L (2 ceil(d /
///   P_ln) + 10), embedding ceil(L d / B_out).
class SerialJudge {
 public:
  SerialJudge(const Program& program, const Config& config) : program_(program), c_(config) {}

  std::uint64_t sentence(std::uint32_t n, std::uint32_t t) {
    TileChooser tiles(program_, c_);
    Schedule schedule(program_, c_, tiles, n);
    std::uint64_t sum = cycles(schedule.start());
    for (std::uint32_t step = 1; step <= t; ++step) sum += step_cycles(schedule.step(step));
    return sum;
  }

 private:
  /// When a step starts with K and V of the cross-attention, the embedder works beside the array.
  std::uint64_t step_cycles(const std::vector<Command>& commands) {
    const bool beside = program_.layers[commands[0].layer].phase == workload::Phase::kCross;
    std::uint64_t sum = cycles(commands);
    for (const Command& c : commands) {
      const bool embedding = program_.layers[c.layer].kind == OperatorKind::kEmbedding;
      if (beside && embedding) sum -= cycles(c);
    }
    return sum;
  }

  std::uint64_t cycles(const std::vector<Command>& commands) {
    std::uint64_t sum = 0;
    for (const Command& command : commands) sum += cycles(command);
    return sum;
  }

  std::uint64_t cycles(const Command& command) {
    const Layer& layer = program_.layers[command.layer];
    switch (layer.kind) {
      case OperatorKind::kEmbedding:
        return ceil_div(std::uint64_t{command.tokens} * layer.outputs, out());
      case OperatorKind::kSoftmax:
        return 3 * ceil_div(std::uint64_t{layer.heads} * command.tokens * command.keys,
                            c_.post.softmax_lanes) +
               10;
      case OperatorKind::kNorm:
        return command.tokens * (2 * ceil_div(layer.outputs, c_.post.norm_lanes) + 10);
      case OperatorKind::kAttentionScores:
      case OperatorKind::kAttentionValues:
        return dense(command, layer);
      default:
        return sparse(command, layer);
    }
  }

  std::uint64_t sparse(const Command& command, const Layer& layer) {
    const EncodedBlock& block = layer.matrix->blocks.at(0);
    const std::uint32_t tile = c_.mac_array.accumulators_per_mac / block.slots;
    std::uint64_t sum = 0;
    for (std::uint32_t done = 0; done < command.tokens; done += tile) {
      const std::uint64_t tokens = std::min(tile, command.tokens - done);
      sum += 2 + tokens * beats(block) + 3;
      if (!c_.load_compute_matching) sum += ceil_div(tokens * block.columns, load());
      sum += tokens * (block.slots + ceil_log2(c_.mac_array.sparse.ways));
      sum += ceil_div(tokens * layer.outputs, out());
    }
    return sum;
  }

  /// Beats of the stream for one token, stepped.
  std::uint64_t beats(const EncodedBlock& block) {
    StreamTick stream(block, StreamConfig::of(c_), 1);
    while (!stream.done()) stream.tick();
    return stream.counts().cycles;
  }

  std::uint64_t dense(const Command& command, const Layer& layer) {
    const std::uint64_t n = c_.mac_array.macs;
    const bool scores = layer.kind == OperatorKind::kAttentionScores;
    const std::uint64_t d = std::uint64_t{layer.heads} * layer.head_size;
    const std::uint64_t entries = std::uint64_t{layer.heads} * command.keys;
    const std::uint64_t rows = scores ? entries : d;
    const std::uint64_t inner = scores ? layer.head_size : command.keys;
    const std::uint64_t operand = command.tokens * (scores ? d : entries);
    std::uint64_t compute = ceil_div(command.keys * d, n);
    std::uint64_t tiles = 1;
    if (command.tokens > 1) {
      const std::uint64_t g =
          rows >= n ? 1 : std::min<std::uint64_t>(c_.mac_array.sparse.ways, n / rows);
      compute = command.tokens * ceil_div(rows, n / g) * ceil_div(inner, g);
      tiles = ceil_div(
          command.tokens,
          std::max<std::uint64_t>(1, c_.mac_array.accumulators_per_mac / ceil_div(rows, n)));
    }
    const std::uint64_t port = ceil_div(tiles * command.keys * d, c_.kv_port());
    const std::uint64_t stream = c_.load_compute_matching
                                     ? std::max({compute, port, ceil_div(operand, load())})
                                     : std::max(compute, port) + ceil_div(operand, load());
    return 2 + stream + 3 + 1 + ceil_log2(c_.mac_array.sparse.ways) +
           ceil_div(command.tokens * rows, out());
  }

  std::uint64_t out() const { return c_.post.output_width_elements_per_cycle; }
  std::uint64_t load() const { return c_.window.load_width_elements_per_cycle; }

  const Program& program_;
  const Config& c_;
};

TEST(Machine, WithoutMatchingTakesTheSumOfTheFormulas) {
  for (const std::string format : {"csc", "rcsc", "sa_rcsc"}) {
    for (const bool skipping : {true, false}) {
      const Config config = config_of(fmt::format(
          "{{load_compute_matching: false, skipping: {{redundant_decoding: "
          "{}}}, mac_array: {{macs: "
          "64, accumulators_per_mac: 24, tile_tokens: largest, tile_rows: largest, sparse: "
          "{{format: {}}}}}}}",
          skipping, format));
      const workload::Network model = model_of({.layers = 2, .d_model = 32, .d_ff = 48});
      const SentenceLengths lengths[] = {{0, 9, 6}};
      const Program program = compile(model, config, lengths);
      const std::string text = simulate(model, config, kTick, {lengths[0]});
      EXPECT_EQ(headline(text, "cycles"), SerialJudge(program, config).sentence(9, 6)) << format;
    }
  }
}

/// A decoding step has no tiles, so with matching nothing overlaps either once the soft-max waits
/// for all scores.
TEST(Machine, DecodingStepsTakeTheSumOfTheFormulas) {
  const Config config = config_of(
      "{post_processing: {softmax_overlap: false}, mac_array: {macs: 64, accumulators_per_mac: 40, "
      "tile_rows: largest}}");
  const workload::Network model = model_of({.d_model = 32, .d_ff = 48});
  const SentenceLengths lengths[] = {{0, 1, 20}};
  const Program program = compile(model, config, lengths);
  const std::string text = simulate(model, config, kTick, {lengths[0]});
  EXPECT_EQ(headline(text, "cycles"), SerialJudge(program, config).sentence(1, 20));
}

TEST(Machine, OverlapsMakeItFasterAndNeverSlower) {
  const workload::Network model = model_of({.layers = 2, .d_model = 64, .heads = 4, .d_ff = 128});
  const auto cycles = [&](const std::string& yaml) {
    return headline(simulate(model, config_of(yaml), kSkip, {{0, 20, 20}}), "cycles");
  };
  const std::string macs = "mac_array: {macs: 64, accumulators_per_mac: 24}";
  const std::uint64_t all = cycles("{" + macs + "}");
  const std::uint64_t no_softmax =
      cycles("{" + macs + ", post_processing: {softmax_overlap: false}}");
  const std::uint64_t none = cycles("{" + macs + ", load_compute_matching: false}");
  EXPECT_LT(all, no_softmax);
  EXPECT_LT(no_softmax, none);
}

/// Every counter of every layer, unit, stall cause and sentence; conservation is checked inside
/// each run.
class RandomMachines : public testing::TestWithParam<int> {};

TEST_P(RandomMachines, TickAndSkipAgreeInEveryCounter) {
  base::Rng rng(static_cast<std::uint64_t>(GetParam()));
  for (int trial = 0; trial < 25; ++trial) {
    const std::string yaml = random_machine(rng);
    SCOPED_TRACE(yaml);
    const Config config = config_of(yaml);
    const workload::Network model = model_of(random_shape(rng));
    const std::vector<SentenceLengths> sentences = {
        {0, static_cast<std::uint32_t>(1 + rng.below(9)),
         static_cast<std::uint32_t>(1 + rng.below(6))},
        {1, static_cast<std::uint32_t>(1 + rng.below(9)),
         static_cast<std::uint32_t>(1 + rng.below(3))}};
    const std::string tick = simulate(model, config, kTick, sentences);
    ASSERT_EQ(tick.find(kBrokenSum), std::string::npos) << tick.substr(tick.find(kBrokenSum), 80);
    ASSERT_EQ(tick, simulate(model, config, kSkip, sentences));
    ASSERT_EQ(tick, simulate(model, config, kSkipWithoutReuse, sentences));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomMachines, testing::Range(1, 9));

/// A machine with streamed weights, without conflicts, in which who is served later loses time
/// only.
Config fixed_memory_machine(base::Rng& rng) {
  Config config = config_of(random_machine(rng));
  config.mac_array.accumulators = Accumulators::kPrivate;
  config.memories.weight_store = WeightStore::kStreamed;
  config.memories.prefetch_weights = false;
  config.memories.dram_request_bytes = static_cast<std::uint32_t>(1 + rng.below(300));
  config.memories.dram = {
      .kind = hw::DramKind::kFixed,
      .port = {.outstanding = static_cast<std::uint32_t>(1 + rng.below(20)),
               .bytes_per_cycle = static_cast<std::uint32_t>(1 + rng.below(80))},
      .fixed = {.bytes_per_cycle = static_cast<std::uint32_t>(1 + rng.below(40)),
                .latency_cycles = static_cast<std::uint32_t>(rng.below(60)),
                .accept_interval_cycles = 1},
      .banked = {}};
  return config;
}

std::uint64_t cycles_of(const workload::Network& model, const Config& config) {
  return headline(simulate(model, config, kSkip, {{0, 7, 4}}), "cycles");
}

/// A fixed memory serves in order: weights that are asked for earlier are here no later, whatever
/// is asked for behind them. With banks that need not be so, since requests overtake each other.
TEST(Machine, PrefetchingFromAFixedMemoryNeverCostsCycles) {
  base::Rng rng(31);
  int faster = 0;
  for (int trial = 0; trial < 60; ++trial) {
    Config config = fixed_memory_machine(rng);
    const workload::Network model = model_of(random_shape(rng));
    const std::uint64_t without = cycles_of(model, config);
    config.memories.prefetch_weights = true;
    const std::uint64_t with = cycles_of(model, config);
    ASSERT_LE(with, without) << trial;
    faster += with < without;
  }
  EXPECT_GT(faster, 30);
}

/// With tiles that do not depend on it.
TEST(Machine, MoreBandwidthOfAFixedMemoryNeverCostsCycles) {
  base::Rng rng(32);
  for (int trial = 0; trial < 30; ++trial) {
    Config config = fixed_memory_machine(rng);
    TileRule& tokens = config.mac_array.tile_tokens;
    if (tokens.kind == TileRule::Kind::kAuto) tokens.kind = TileRule::Kind::kLargest;
    config.mac_array.tile_rows = {TileRule::Kind::kFixed, 4};
    const workload::Network model = model_of(random_shape(rng));
    std::uint64_t before = 0;
    for (int step = 0; step < 4; ++step) {
      const std::uint64_t now = cycles_of(model, config);
      if (step > 0) {
        ASSERT_LE(now, before) << trial;
      }
      before = now;
      config.memories.dram.fixed.bytes_per_cycle += 1 + static_cast<std::uint32_t>(rng.below(9));
    }
  }
}

/// 4 cycles of issue cover the way of one request to an ideal memory and back.
TEST(Machine, AnIdealMemoryBehindAWidePortIsAsGoodAsResidentWeights) {
  const std::string array = "mac_array: {macs: 64, issue_cycles: 4}\n";
  const workload::Network model = model_of({.layers = 2, .d_model = 32, .d_ff = 48});
  const std::uint64_t resident = cycles_of(model, config_of(array));
  EXPECT_EQ(
      cycles_of(model, config_of(array + "memories: {weight_store: streamed, dram_request_bytes: "
                                         "65536, dram: {kind: ideal, port: {bytes_per_cycle: "
                                         "65536}}}")),
      resident);
}

TEST(Machine, StuckOrTooLongRunSaysWhatEachUnitDoes) {
  const Config config = config_of("{mac_array: {macs: 64}}");
  const workload::Network model = model_of({});
  const Program program = compile(model, config, {});
  Machine machine(
      "optimus", program, config, kSkip, {{0, 5, 5}}, [](std::size_t, std::uint64_t) {}, nullptr);
  try {
    machine.simulate(100);
    FAIL() << "went on";
  } catch (const base::SimulationError& e) {
    EXPECT_NE(std::string(e.what()).find("--max-cycles reached in cycle 100"), std::string::npos)
        << e.what();
    EXPECT_NE(std::string(e.what()).find("sequencer: sentence 1 of 1"), std::string::npos);
  }
}

/// How a run of at most so many cycles ends, in a process of its own.
std::string ending(const Program& program, const Config& config, const MachineOptions& options,
                   const std::vector<SentenceLengths>& sentences,
                   std::optional<std::uint64_t> max_cycles) {
  return test_support::in_child([&]() -> std::string {
    Machine machine(
        "optimus", program, config, options, sentences, [](std::size_t, std::uint64_t) {}, nullptr);
    try {
      machine.simulate(max_cycles);
    } catch (const base::SimulationError& e) {
      return e.what();
    }
    return fmt::format("done in {}", hw::now());
  });
}

std::string ending(const workload::Network& model, const Config& config,
                   const MachineOptions& options, const std::vector<SentenceLengths>& sentences,
                   std::uint64_t max_cycles) {
  return ending(compile(model, config, sentences), config, options, sentences, max_cycles);
}

/// The name of the first layer of a kind and a phase.
std::string first_of(const Program& program, OperatorKind kind, workload::Phase phase) {
  const auto found = std::ranges::find_if(
      program.layers, [&](const Layer& l) { return l.kind == kind && l.phase == phase; });
  return found == program.layers.end() ? "none" : found->name;
}

/// A soft-max that expects the scores of one head more than there are waits for ever, the array
/// waits for it, add+norm for parts of the array, and the embedder for nothing.
TEST(Machine, WhenNoUnitCanGoOnTheReportSaysWhatEachUnitDoes) {
  const Config config = config_of("{mac_array: {macs: 64}}");
  const std::vector<SentenceLengths> sentences = {{0, 1, 3}, {1, 5, 5}};
  Program program = compile(model_of({}), config, sentences);
  for (Layer& layer : program.layers) {
    if (layer.kind == OperatorKind::kSoftmax && layer.phase == workload::Phase::kDecoder) {
      ++layer.heads;
      break;
    }
  }
  const auto name = [&](OperatorKind kind) {
    return first_of(program, kind, workload::Phase::kDecoder);
  };
  const std::string states = fmt::format(
      "; sequencer: sentence 1 of 2; mac_array: waits for the inputs of {}; write_port: idle; "
      "softmax: runs {}; add_norm: runs {}; embedder: idle",
      name(OperatorKind::kAttentionValues), name(OperatorKind::kSoftmax),
      name(OperatorKind::kNorm));
  std::vector<std::string> endings;
  for (const MachineOptions& options : {kTick, kSkip}) {
    endings.push_back(ending(program, config, options, sentences, std::nullopt));
    EXPECT_TRUE(endings.back().starts_with("no unit can go on in cycle ")) << endings.back();
    EXPECT_TRUE(endings.back().ends_with(states)) << endings.back();
  }
  EXPECT_EQ(endings[0], endings[1]);
}

/// As many cycles as the run takes are enough, and any fewer end it with one message.
TEST(Machine, EnginesAgreeOnEveryLimitOfCycles) {
  base::Rng rng(3);
  for (int trial = 0; trial < 20; ++trial) {
    const std::string yaml = random_machine(rng);
    SCOPED_TRACE(yaml);
    const Config config = config_of(yaml);
    const workload::Network model = model_of(random_shape(rng));
    const std::vector<SentenceLengths> sentences = {
        {0, static_cast<std::uint32_t>(1 + rng.below(6)), 2}, {1, 3, 1}};
    const std::uint64_t cycles = headline(simulate(model, config, kSkip, sentences), "cycles");
    for (const MachineOptions& options : {kTick, kSkip}) {
      EXPECT_EQ(ending(model, config, options, sentences, cycles),
                fmt::format("done in {}", cycles));
    }
    for (const std::uint64_t n : {rng.below(cycles), rng.below(cycles), cycles - 1}) {
      const std::string message = ending(model, config, kTick, sentences, n);
      EXPECT_TRUE(message.starts_with(fmt::format("--max-cycles reached in cycle {};", n)))
          << message;
      EXPECT_EQ(ending(model, config, kSkip, sentences, n), message);
    }
  }
}

TEST(Machine, ALimitBeyondTheKernelsClockIsNone) {
  const Config config = config_of("{mac_array: {macs: 64}}");
  const workload::Network model = model_of({});
  for (const std::uint64_t n : {hw::kMaxCycles, hw::kMaxCycles + 1, ~std::uint64_t{0}}) {
    EXPECT_TRUE(ending(model, config, kSkip, {{0, 5, 5}}, n).starts_with("done in ")) << n;
  }
}

TEST(Machine, FailureInsideAProcessReachesTheCaller) {
  const Config config = config_of("{mac_array: {macs: 64}}");
  const workload::Network model = model_of({});
  const Program program = compile(model, config, {});
  Machine machine(
      "optimus", program, config, kSkip, {{0, 5, 5}},
      [](std::size_t, std::uint64_t) { throw base::Interrupted("ended"); }, nullptr);
  EXPECT_THROW(machine.simulate(std::nullopt), base::Interrupted);
}

}  // namespace
}  // namespace sim::optimus::test
