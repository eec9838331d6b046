#include "sim/accelerators/optimus/logic_parts.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/accelerators/optimus/activities.h"
#include "sim/accelerators/optimus/compiler.h"
#include "sim/accelerators/optimus/memory_shapes.h"
#include "sim/accelerators/optimus/schedule.h"
#include "sim/energy/area.h"
#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus::test {
namespace {

using energy::LogicPart;

const std::vector<SentenceLengths> kLengths = {{0, 9, 5}};
constexpr std::uint32_t kTokens = 3;  // of a tile

Program program_of(const Config& config) {
  return compile(model_of({.d_model = 32, .d_ff = 64}), config, kLengths);
}

std::vector<std::string> lines_of(const std::string& yaml) {
  const Config config = config_of(yaml);
  std::vector<std::string> lines;
  for (const LogicPart& p : logic_parts(program_of(config), config, kTokens)) {
    lines.push_back(p.memory
                        ? fmt::format("{} {} x {} B x {} bits", p.unit, p.memory->banks,
                                      p.memory->bank_bytes, p.memory->width_bits)
                        : fmt::format("{} {} {} x {}", p.unit, p.component, p.width_bits, p.count));
  }
  return lines;
}

energy::Area area(const std::string& yaml) {
  static const auto kTable = energy::EnergyTable::load(
      {std::string(LOCKSTEP_SOURCE_DIR) + "/arch-configs/energy/28nm.yaml"}, {});
  const Config config = config_of(yaml);
  const Program program = program_of(config);
  return energy::area_of(priced(program, config, kTokens).static_parts,
                         logic_parts(program, config, kTokens), kTable, 200);
}

double mm2(const std::string& yaml) { return area(yaml).total.total_mm2(); }

TEST(LogicParts, AreThoseOfASmallMachineByHand) {
  EXPECT_THAT(lines_of("mac_array: {macs: 32, sparse: {format: sa_rcsc, ways: 4}}\n"
                       "input_window: {columns: 16, load_width_elements_per_cycle: 8}\n"
                       "post_processing: {softmax_lanes: 3, norm_lanes: 5, "
                       "output_width_elements_per_cycle: 2}"),
              testing::ElementsAreArray({
                  "mac_array multiply 8 x 32",
                  "mac_array add 32 x 32",
                  "mac_array add 32 x 24",              // 8 sets of 4 - 1
                  "mac_array multiplexer 1 x 256",      // weight or K/V element
                  "input_window multiplexer 1 x 896",   // 16 columns of 8 bits, 7 each
                  "input_window multiplexer 1 x 256",   // 16 columns of 8 bits, 2 each
                  "input_window multiplexer 1 x 3840",  // 32 MACs, 8 bits, 15 each
                  "write_port add 32 x 2",
                  "write_port multiply 32 x 2",
                  "write_port add 64 x 2",
                  "write_port multiplexer 1 x 768",  // 2 products of 64 bits, 6 steps
                  "write_port add 32 x 2",
                  "write_port multiplexer 1 x 64",
                  "softmax add 8 x 6",
                  "softmax add 32 x 30",
                  "softmax 3 x 512 B x 16 bits",
                  "add_norm multiply 16 x 15",
                  "add_norm multiply 32 x 5",
                  "add_norm add 32 x 135",
                  "add_norm add 64 x 10",
              }));
}

TEST(LogicParts, OfLocalWindowsSeeTheirOwnColumns) {
  const auto window = [](const std::string& yaml) {
    std::vector<std::string> found;
    for (const std::string& line : lines_of("mac_array: {macs: 32}\n" + yaml)) {
      if (line.starts_with("input_window")) found.push_back(line);
    }
    return found;
  };
  EXPECT_THAT(
      window("input_window: {scope: per_set, columns: 4, load_width_elements_per_cycle: 2}"),
      testing::ElementsAre("input_window multiplexer 1 x 128",    // 4 sets' 4 columns, 8 bits
                           "input_window multiplexer 1 x 256",    // 16 columns, 2 each
                           "input_window multiplexer 1 x 768"));  // 32 x 8 bits x 3
  EXPECT_THAT(window("input_window: {scope: two_level, columns: 6, local_columns: 3, "
                     "load_width_elements_per_cycle: 2}"),
              testing::ElementsAre("input_window multiplexer 1 x 48",     // 6 columns
                                   "input_window multiplexer 1 x 480",    // 4 sets' 3 columns x 5
                                   "input_window multiplexer 1 x 288",    // of 18 columns 2
                                   "input_window multiplexer 1 x 512"));  // 32 x 8 bits x 2
}

TEST(LogicParts, SharedAccumulatorsAndRunTimeChoiceOfWaysCostTheirPaths) {
  const std::string plain = "mac_array: {macs: 64, sparse: {format: sa_rcsc, ways: 8}}";
  const std::string shared =
      "mac_array: {macs: 64, accumulators: shared, sparse: {format: sa_rcsc, ways: 8}}";
  EXPECT_EQ(lines_of(shared).size(), lines_of(plain).size() + 1);
  EXPECT_THAT(lines_of(shared),
              testing::Contains(fmt::format("mac_array multiplexer 1 x {}", 2 * 64 * 32 * 7)));
  const std::string runtime =
      "mac_array: {macs: 64, sparse: {format: sa_rcsc, ways: 8, way_choice: runtime}}";
  EXPECT_EQ(lines_of(runtime).size(), lines_of(plain).size() + 1);
}

TEST(LogicParts, EmbedderHasLogicUnlessTheHostEmbeds) {
  const auto embeds = [](const std::string& store) {
    return lines_of("memories: {embedding_store: " + store + "}");
  };
  const auto of_embedder = testing::Contains(testing::StartsWith("embedder multiply 16 x 32"));
  EXPECT_THAT(embeds("host"), testing::Not(of_embedder));
  EXPECT_THAT(embeds("on_chip"), of_embedder);
}

/// Every width of operands that a configuration may have has rows, in both nodes.
TEST(LogicParts, HaveAreasWhateverTheWidths) {
  for (const std::string node : {"28", "45"}) {
    const auto table = energy::EnergyTable::load(
        {fmt::format("{}/arch-configs/energy/{}nm.yaml", LOCKSTEP_SOURCE_DIR, node)}, {});
    for (const char* bits : {"8, activation_bits: 8, accumulator_bits: 32",
                             "9, activation_bits: 12, accumulator_bits: 33",
                             "16, activation_bits: 16, accumulator_bits: 64"}) {
      const Config config = config_of(fmt::format(
          "memories: {{embedding_store: on_chip}}\nprecision: {{weight_bits: {}}}", bits));
      EXPECT_NO_THROW(
          energy::area_of({}, logic_parts(program_of(config), config, kTokens), table, 200))
          << bits;
    }
  }
}

struct Growth {
  const char* what;
  std::string yaml;  // with a number at {}
  std::vector<std::uint64_t> values;
};

/// Memories of 64 bytes and more; smaller ones are flip-flops, which are larger than SRAM.
TEST(Area, GrowsWithEachSizeOfTheMachine) {
  const Growth all[] = {
      {"MACs", "mac_array: {{macs: {}}}\nmemories: {{weight_bank_kib: 16}}", {16, 64, 512, 2048}},
      {"accumulators", "mac_array: {{macs: 64, accumulators_per_mac: {}}}", {16, 17, 64, 500}},
      {"window", "input_window: {{columns: {}}}", {1, 2, 32, 33, 900}},
      {"load width", "input_window: {{load_width_elements_per_cycle: {}}}", {1, 2, 16, 100}},
      {"soft-max lanes", "post_processing: {{softmax_lanes: {}}}", {1, 2, 16, 64}},
      {"norm lanes", "post_processing: {{norm_lanes: {}}}", {1, 2, 16, 64}},
      {"write port", "post_processing: {{output_width_elements_per_cycle: {}}}", {1, 2, 16, 64}},
      {"weight banks", "memories: {{weight_bank_kib: {}}}", {16, 17, 64, 4096}},
      {"global buffer", "memories: {{global_buffer_kib: {}}}", {256, 257, 1000, 20000}},
      {"K/V store", "memories: {{kv_store_kib: {}}}", {512, 513, 2000, 30000}},
  };
  for (const Growth& g : all) {
    const double least = mm2(fmt::format(fmt::runtime(g.yaml), g.values.front()));
    double before = 0;
    for (const std::uint64_t value : g.values) {
      const double now = mm2(fmt::format(fmt::runtime(g.yaml), value));
      EXPECT_GE(now, before) << g.what << " " << value;
      before = now;
    }
    EXPECT_GT(before, least) << g.what;
  }
}

TEST(LargestTile, IsThatOfTheRun) {
  base::Rng rng(7);
  for (int trial = 0; trial < 20; ++trial) {
    const Config config = config_of(random_machine(rng));
    const workload::Network model = model_of(random_shape(rng));
    const std::uint32_t longest[] = {1 + static_cast<std::uint32_t>(rng.below(30)),
                                     1 + static_cast<std::uint32_t>(rng.below(30))};
    std::vector<SentenceLengths> lengths;
    for (std::uint32_t i = 0; i < 3; ++i) {
      lengths.push_back({i, static_cast<std::uint32_t>(1 + rng.below(longest[0])),
                         static_cast<std::uint32_t>(1 + rng.below(longest[1]))});
    }
    const Program program = compile(model, config, lengths);
    const std::string text = simulate(model, config, {}, lengths);
    const std::uint64_t bits = window_bits(config, largest_tile(program, config, lengths));
    EXPECT_EQ(number_after(text, "static input_window"), bits) << trial;
  }
}

}  // namespace
}  // namespace sim::optimus::test
