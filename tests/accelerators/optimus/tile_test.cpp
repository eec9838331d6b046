#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "sim/accelerators/optimus/compiler.h"
#include "sim/accelerators/optimus/stream_beats.h"
#include "sim/base/rng.h"
#include "tests/accelerators/optimus/machine_support.h"
#include "tests/accelerators/optimus/random_machine.h"

namespace sim::optimus::test {
namespace {

constexpr TileRule kAuto{TileRule::Kind::kAuto, 0};
constexpr TileRule kLargest{TileRule::Kind::kLargest, 0};
const MachineOptions kTick{.engine = core::Engine::kTick};
const MachineOptions kSkip{.engine = core::Engine::kSkip};

TileRule at_most(std::uint32_t count) { return {TileRule::Kind::kFixed, count}; }

/// An encoder of one matrix, whose input an embedding gives and whose results an add+norm may
/// take. No decoder: the sentence ends with the encoder's last result.
struct OneMatrix {
  workload::Network model;
  Config config;
  SentenceLengths sentence;
  core::Engine engine = core::Engine::kTick;

  std::uint64_t cycles(const TileRule& tokens, const TileRule& rows) const {
    Config c = config;
    c.mac_array.tile_tokens = tokens;
    c.mac_array.tile_rows = rows;
    return headline(simulate(model, c, {.engine = engine}, {sentence}), "cycles");
  }
};

workload::OutputShape source_rows(std::uint32_t features) {
  return workload::OutputShape::of_phase(workload::Phase::kEncoder, features);
}

workload::Network one_matrix_model(base::Rng& rng, std::uint32_t most) {
  const bool norm = rng.below(2) == 0;
  const std::uint32_t columns = testing::any_size(rng, most);
  const std::uint32_t rows = norm ? columns : testing::any_size(rng, most);
  workload::Network model = model_of({});
  model.operators.clear();
  model.operators.push_back({.name = "encoder.embed",
                             .inputs = {workload::kSourceTokens},
                             .shape = source_rows(columns),
                             .body = workload::Embedding{.features = columns}});
  model.operators.push_back({.name = "encoder.0.out",
                             .inputs = {0},
                             .shape = source_rows(rows),
                             .body = workload::Linear{{.outputs = rows, .inputs = columns}},
                             .mask = std::make_shared<workload::Mask>(testing::random_mask(
                                 rng, rows, columns, 0.05 + 0.9 * rng.uniform()))});
  if (norm) {
    model.operators.push_back({.name = "encoder.0.norm",
                               .inputs = {0, 1},
                               .shape = source_rows(rows),
                               .body = workload::Norm{}});
  }
  return model;
}

/// `most` rows and columns.
OneMatrix random_matrix(base::Rng& rng, std::uint32_t most) {
  OneMatrix m{
      one_matrix_model(rng, most), config_of(random_machine(rng, RandomMemory::kAlike)), {}};
  m.config.mac_array.weight_hold = true;
  m.sentence.source_tokens = 1 + static_cast<std::uint32_t>(rng.below(12));
  return m;
}

/// Every tile of tokens through the machine itself, tick by tick: what auto takes is the best.
TEST(Tile, AutoTakesTheBestOfAllTilesOfTokens) {
  base::Rng rng(11);
  int better = 0;
  for (int trial = 0; trial < 60; ++trial) {
    const OneMatrix m = random_matrix(rng, 90);
    const std::uint32_t rows = 1 + static_cast<std::uint32_t>(rng.below(8));
    std::uint64_t best = std::numeric_limits<std::uint64_t>::max();
    for (std::uint32_t tile = 1; tile <= m.sentence.source_tokens; ++tile) {
      best = std::min(best, m.cycles(at_most(tile), at_most(rows)));
    }
    ASSERT_EQ(m.cycles(kAuto, at_most(rows)), best) << trial;
    better += best < m.cycles(kLargest, at_most(rows));
  }
  EXPECT_GT(better, 10);  // the choice matters
}

std::uint64_t best_power_of_two(const OneMatrix& m) {
  std::uint64_t best = m.cycles(kAuto, kLargest);
  for (std::uint32_t rows = 1; rows <= 64; rows *= 2) {
    best = std::min(best, m.cycles(kAuto, at_most(rows)));
  }
  return best;
}

/// The same for rows of a pass, each with every tile: of a small matrix all up to 16 are tried.
TEST(Tile, AutoTakesTheBestRowsOfAPass) {
  base::Rng rng(12);
  int better = 0;
  for (int trial = 0; trial < 80; ++trial) {
    OneMatrix m = random_matrix(rng, 300);
    m.config.mac_array.accumulators_per_mac = 16;
    m.config.post.output_width_elements_per_cycle = 2;  // writing is worth hiding
    m.sentence.source_tokens = 1 + static_cast<std::uint32_t>(rng.below(4));
    const std::uint64_t largest = m.cycles(kAuto, kLargest);
    std::uint64_t best = largest;
    for (std::uint32_t rows = 1; rows <= 16; ++rows) {
      best = std::min(best, m.cycles(kAuto, at_most(rows)));
    }
    const std::uint64_t chosen = m.cycles(kAuto, kAuto);
    ASSERT_LE(chosen, largest) << trial;
    if (m.config.load_compute_matching) {
      // A set that shares its accumulators may hold more than 16 rows, some of which are tried.
      const bool shared = m.config.mac_array.accumulators == Accumulators::kShared;
      ASSERT_LE(chosen, best) << trial;
      ASSERT_TRUE(shared || chosen == best) << trial;
    }
    better += best < largest;
  }
  EXPECT_GT(better, 5);
}

TEST(Tile, RowsOfALargeMatrixAreChosenWellByASampleOfItsBlocks) {
  base::Rng rng(13);
  int better = 0;
  for (int trial = 0; trial < 6; ++trial) {
    OneMatrix m = random_matrix(rng, 300);
    m.engine = core::Engine::kSkip;
    m.config = config_of(
        fmt::format("{{mac_array: {{macs: {}, accumulators_per_mac: 64}}, post_processing: "
                    "{{output_width_elements_per_cycle: 4}}}}",
                    256 << rng.below(2)));
    m.sentence.source_tokens = 1 + static_cast<std::uint32_t>(rng.below(2));
    m.model.operators.resize(2);
    m.model.operators[0].shape.features = 256;
    m.model.operators[1].shape.features = 4000;
    m.model.operators[1].body = workload::Linear{{.outputs = 4000, .inputs = 256}};
    m.model.operators[1].mask = std::make_shared<workload::Mask>(
        testing::random_mask(rng, 4000, 256, 0.15 + 0.3 * rng.uniform()));
    const std::uint64_t best = best_power_of_two(m);
    const std::uint64_t largest = m.cycles(kAuto, kLargest);
    const auto chosen = static_cast<double>(m.cycles(kAuto, kAuto));
    EXPECT_LE(chosen, 1.01 * static_cast<double>(best)) << trial;
    better += best < largest;
  }
  EXPECT_GT(better, 1);
}

std::uint64_t cycles_of(const workload::Network& model, const Config& config,
                        const std::vector<SentenceLengths>& sentences) {
  return headline(simulate(model, config, kSkip, sentences), "cycles");
}

/// Whole machines: their layers overlap where they do not read each other, so that the sum of the
/// best layers is not always the best of sums; see kTolerance.
class TileOfMachines : public ::testing::TestWithParam<int> {
 protected:
  static constexpr double kTolerance = 1.01;

  void SetUp() override {
    base::Rng rng(static_cast<std::uint64_t>(GetParam()) + 100);
    config_ = config_of(random_machine(rng, RandomMemory::kAlike));
    config_.mac_array.weight_hold = true;
    config_.mac_array.tile_tokens = config_.mac_array.tile_rows = kAuto;
    model_ = model_of(random_shape(rng));
    sentences_ = {{0, static_cast<std::uint32_t>(1 + rng.below(14)),
                   static_cast<std::uint32_t>(1 + rng.below(6))}};
  }

  std::uint64_t cycles(const Config& config) const { return cycles_of(model_, config, sentences_); }

  Config config_{};
  workload::Network model_;
  std::vector<SentenceLengths> sentences_;
};

TEST_P(TileOfMachines, AutoIsNeverSlowerThanTheLargestOrThanNoHolding) {
  const auto chosen = static_cast<double>(cycles(config_));
  Config largest = config_;
  largest.mac_array.tile_tokens = largest.mac_array.tile_rows = kLargest;
  EXPECT_LE(chosen, kTolerance * static_cast<double>(cycles(largest)));
  Config apart = config_;
  apart.mac_array.weight_hold = false;
  apart.mac_array.tile_tokens = at_most(1);
  EXPECT_LE(chosen, kTolerance * static_cast<double>(cycles(apart)));
}

TEST_P(TileOfMachines, MoreAccumulatorsNeverCostCycles) {
  Config config = config_;
  std::uint64_t before = 0;
  for (std::uint32_t accumulators = 1; accumulators <= 128; accumulators *= 2) {
    config.mac_array.accumulators_per_mac = accumulators;
    const std::uint64_t now = cycles(config);
    if (before > 0) {
      EXPECT_LE(static_cast<double>(now), kTolerance * static_cast<double>(before)) << accumulators;
    }
    before = now;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, TileOfMachines, ::testing::Range(0, 40));

/// A stream that DRAM bounds takes its bytes at the DRAM's rate, and the latency once.
TEST(Tile, BeatsOfAStreamBoundByDramAreThoseOfItsBytes) {
  workload::Mask mask(1, 600);
  for (std::uint32_t c = 0; c < 600; ++c) mask.keep(0, c);
  const workload::Mask* parts[] = {&mask};
  const Config config = config_of(
      "{mac_array: {macs: 1, issue_cycles: 2, sparse: {ways: 1}}, memories: {weight_store: "
      "streamed, dram_request_bytes: 2, dram: {port: {outstanding: 64}, fixed: {bytes_per_cycle: "
      "1, latency_cycles: 40}}}}");
  const EncodedMatrix matrix = encode(parts, EncodingConfig::of(config));
  StreamBeats stream(matrix, {}, config);
  // An entry has 8 bits and a distance of 4: 2 bytes a column, a request each. The first byte moves
  // in cycle 42, the last can be used in cycle 42 + 1199 + 2; the stream began in cycle 2 and
  // executes the last entry then.
  EXPECT_EQ(stream.beats(0, 1), 42u + 1199 + 2 - 2 + 1);
  EXPECT_EQ(stream.at_least(0, 1), stream.beats(0, 1));
}

TEST(Tile, FixedRulesBoundTheTileAndLargestIsWhatTheAccumulatorsHold) {
  const workload::Network model = model_of({.d_model = 32, .d_ff = 64});
  const auto tile_of = [&](const std::string& rules) {
    const Config config =
        config_of("mac_array: {macs: 64, accumulators_per_mac: 24, " + rules + "}");
    const Program program = compile(model, config, {});
    TileChooser tiles(program, config);
    for (std::uint32_t i = 0; i < program.layers.size(); ++i) {
      if (program.layers[i].name.ends_with("linear1")) {
        return std::pair{program.layers[i].matrix->most_slots(), tiles.tile(i, 20)};
      }
    }
    return std::pair{0u, 0u};
  };
  // 64 rows in 8 sets: R = 8; 24 accumulators hold 3 tokens of them.
  EXPECT_EQ(tile_of("tile_rows: largest, tile_tokens: largest"), (std::pair{8u, 3u}));
  EXPECT_EQ(tile_of("tile_rows: largest, tile_tokens: 2"), (std::pair{8u, 2u}));
  EXPECT_EQ(tile_of("tile_rows: largest, tile_tokens: 50"), (std::pair{8u, 3u}));
  EXPECT_EQ(tile_of("tile_rows: 3, tile_tokens: largest"), (std::pair{3u, 8u}));
}

TEST(Tile, WrongRulesAreRefusedWithWhatWouldBeRight) {
  for (const char* value : {"0", "-1", "65537", "1.5", "most", "'4'"}) {
    try {
      config_of(fmt::format("mac_array: {{tile_tokens: {}}}", value));
      ADD_FAILURE() << value;
    } catch (const base::ConfigError& e) {
      EXPECT_NE(std::string(e.what()).find("auto, largest or a whole number 1 … 65536 tokens"),
                std::string::npos)
          << e.what();
    }
  }
  EXPECT_THROW(config_of("mac_array: {weight_hold: false, tile_tokens: 2}"), base::ConfigError);
}

}  // namespace
}  // namespace sim::optimus::test
