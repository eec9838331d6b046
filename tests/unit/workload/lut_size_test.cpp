#include "sim/workload/lut_size.h"

#include <gtest/gtest.h>

#include "sim/reference/lut_cascade.h"
#include "tests/support/random_luts.h"

namespace sim::workload {
namespace {

/// Pins s s s … of a LUT with a table of zeros.
LutLevel level_of(std::vector<std::vector<Signal>> luts) {
  LutLevel level{.name = "level",
                 .fan_in = static_cast<std::uint32_t>(luts.front().size()),
                 .luts = static_cast<std::uint32_t>(luts.size()),
                 .sources = {},
                 .tables = {},
                 .label_names = {},
                 .labels = {}};
  for (const auto& pins : luts) {
    level.sources.insert(level.sources.end(), pins.begin(), pins.end());
  }
  level.tables.resize(std::size_t{level.luts} * level.table_words());
  return level;
}

TEST(LutSize, TablesCountBitsOfTheirLivePins) {
  const LutLevel level = level_of({{0, 1, 2, 3, 4, 5, 6, 7},
                                   {kConstantOne, 1, 2, 3, 4, 5, 6, 7},
                                   {kConstantZero, 1, kConstantOne, 3, -1, -1, -1, 0},
                                   {-1, -1, -1, -1, -2, -2, -2, -2}});
  EXPECT_EQ(live_table_bits(level), 256u + 128 + 8);
  EXPECT_EQ(lut6_live(level), 4u + 2 + 1);
}

TEST(LutSize, LivePinsComeFirstAndTheFunctionStays) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    base::Rng rng(seed);
    LutProgram program = test::random_luts(
        rng, {.inputs = 12, .levels = 3, .max_luts = 8, .max_fan_in = 9, .constants = 0.4});
    const BitRows inputs = test::random_bits(rng, 20, 12);
    LutProgram compact = program;
    for (LutLevel& level : compact.levels) level = with_live_pins_first(level);
    for (std::size_t row = 0; row < inputs.rows; ++row) {
      ASSERT_EQ(reference::lut_signals(compact, inputs, row),
                reference::lut_signals(program, inputs, row));
    }
    for (std::size_t k = 0; k < program.levels.size(); ++k) {
      const LutLevel& level = compact.levels[k];
      ASSERT_EQ(live_table_bits(level), live_table_bits(program.levels[k]));
      for (std::size_t lut = 0; lut < level.luts; ++lut) {
        const std::uint32_t live = live_pins(program.levels[k], lut);
        for (std::uint32_t p = 0; p < level.fan_in; ++p) {
          ASSERT_EQ(level.pins(lut)[p] >= 0, p < live);
          ASSERT_NE(level.pins(lut)[p], kConstantOne);
        }
        for (std::uint32_t a = 1u << live; a < 1u << level.fan_in; ++a) {
          ASSERT_FALSE(level.output(lut, a));
        }
      }
    }
  }
}

}  // namespace
}  // namespace sim::workload
