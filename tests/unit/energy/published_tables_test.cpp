#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/energy/energy_table.h"

// The tables in arch-configs/energy agree with the formulas that their sources state.
namespace sim::energy {
namespace {

EnergyTable published(const std::string& node) {
  return EnergyTable::load({std::string(LOCKSTEP_SOURCE_DIR) + "/arch-configs/energy/" + node}, {});
}

double polynomial(double a2, double a1, double a0) {
  constexpr double kVolt = 0.9;
  return a2 * kVolt * kVolt + a1 * kVolt + a0;
}

/// Energy factors of Stillmaker and Baas (2017), high performance, linear between their nodes.
double energy_factor(double node_nm) {
  const double at45 = polynomial(1.018, -0.3107, 0.1539);
  const double at32 = polynomial(0.8367, -0.4341, 0.1701);
  const double at20 = polynomial(0.373, -0.1582, 0.04104);
  if (node_nm >= 32) return at32 + (at45 - at32) * (node_nm - 32) / (45 - 32);
  return at20 + (at32 - at20) * (node_nm - 20) / (32 - 20);
}

double value(const EnergyTable& t, const char* event, std::uint32_t bits) {
  return t.row(event, bits, "test").value_pj;
}

TEST(PublishedTables, ScaledRowsAreTheFortyFiveNanometreRowsTimesTheStatedRatio) {
  const EnergyTable from = published("45nm.yaml");
  const EnergyTable to = published("28nm.yaml");
  const double ratio = energy_factor(28) / energy_factor(45);
  EXPECT_NEAR(value(to, "register", 1), ratio * value(from, "register", 1), 1e-5);
  for (const char* event : {"multiply", "add", "register"}) {
    for (const std::uint32_t bits : {8u, 16u, 32u}) {
      EXPECT_NEAR(value(to, event, bits) / value(from, event, bits), ratio, 0.0005 * ratio)
          << event << bits;
    }
  }
}

TEST(PublishedTables, ClockedBitIsThatOfTheFlipFlopAtOurVoltage) {
  constexpr double kAtElevenTenthsVolt = 0.006873 + 0.000949653 * 1.1 * 1.1;  // cell, clock pin
  const double at45 = kAtElevenTenthsVolt * 0.81 / 1.21;
  EXPECT_NEAR(value(published("45nm.yaml"), "register_clock", 1), at45, 1e-5);
  EXPECT_NEAR(value(published("28nm.yaml"), "register_clock", 1),
              at45 * energy_factor(28) / energy_factor(45), 1e-5);
}

TEST(PublishedTables, CompositeElementsAreTheSumsThatTheirSourcesState) {
  for (const char* node : {"28nm.yaml", "45nm.yaml"}) {
    const EnergyTable t = published(node);
    const MemoryShape exponents{.bank_bytes = 512, .width_bits = 16};
    const double table_read = t.memory(exponents, 5, "test").price.read_pj;
    const double softmax = 2 * value(t, "add", 8) + table_read + 10 * value(t, "add", 32);
    const double norm = 3 * value(t, "multiply", 16) + value(t, "multiply", 32) +
                        27 * value(t, "add", 32) + 2 * value(t, "add", 64);
    EXPECT_NEAR(value(t, "softmax_element", 8), softmax, 1e-3) << node;
    EXPECT_NEAR(value(t, "norm_element", 8), norm, 1e-3) << node;
    const double softmax16 = 2 * value(t, "add", 16) + 2 * table_read + value(t, "multiply", 16) +
                             18 * value(t, "add", 32);
    const double norm16 =
        4 * value(t, "multiply", 32) + 27 * value(t, "add", 32) + 2 * value(t, "add", 64);
    EXPECT_NEAR(value(t, "softmax_element", 16), softmax16, 1e-3) << node;
    EXPECT_NEAR(value(t, "norm_element", 16), norm16, 1e-3) << node;
  }
}

TEST(PublishedTables, ElementsOfNineToSixteenBitsTakeTheWiderRowAndWiderOnesNone) {
  for (const char* node : {"28nm.yaml", "45nm.yaml"}) {
    const EnergyTable t = published(node);
    for (const std::string event : {"softmax_element", "norm_element"}) {
      EXPECT_EQ(t.row(event, 8, "test").width_bits, 8u);
      for (std::uint32_t bits = 9; bits <= 16; ++bits) {
        EXPECT_EQ(t.row(event, bits, "test").width_bits, 16u) << event << bits;
      }
      try {
        t.row(event, 17, "softmax");
        ADD_FAILURE() << event;
      } catch (const base::ConfigError& e) {
        EXPECT_THAT(e.what(),
                    testing::HasSubstr(std::string(node) + ": no row of 'rows' has event: " +
                                       event + " of 17 bits or more, which unit 'softmax' needs"));
      }
    }
  }
}

TEST(PublishedTables, WiresOfBothNodesAreThePublishedOnes) {
  for (const char* node : {"28nm.yaml", "45nm.yaml"}) {
    EXPECT_NEAR(value(published(node), "wire", 1), 310.0 / (256 * 10), 1e-4) << node;
  }
}

TEST(PublishedTables, EveryScaledRowSaysSoAndEveryRowHasASource) {
  for (const char* node : {"28nm.yaml", "45nm.yaml"}) {
    const EnergyTable t = published(node);
    for (const Row& row : t.rows()) {
      EXPECT_FALSE(row.source.empty());
      EXPECT_EQ(row.source.starts_with("scaled"), row.scaled_from_nm != 0 &&
                                                      !row.event.ends_with("_element") &&
                                                      row.event != "register_leakage")
          << row.event;
    }
  }
}

TEST(PublishedTables, ScaledAreasAreThoseOfFortyFiveNanometresTimesTheSquareOfTheRatio) {
  for (const std::string prefix : {"", "luts-"}) {
    const EnergyTable from = published(prefix + "45nm.yaml");
    const EnergyTable to = published(prefix + "28nm.yaml");
    ASSERT_EQ(from.areas().rows().size(), to.areas().rows().size());
    for (const AreaRow& row : from.areas().rows()) {
      const AreaRow& scaled = to.areas().row(row.component, row.width_bits, "test");
      EXPECT_EQ(scaled.width_bits, row.width_bits);
      EXPECT_EQ(scaled.scaled_from_nm, 45u);
      EXPECT_EQ(row.scaled_from_nm, 0u);
      EXPECT_NEAR(scaled.area_um2 / row.area_um2, 28.0 * 28 / (45 * 45), 1e-4)
          << row.component << row.width_bits;
      EXPECT_THAT(scaled.source, testing::HasSubstr(row.source));
    }
  }
}

TEST(PublishedTables, DerivedAreasAreWhatTheirSourcesSay) {
  const EnergyTable t = published("45nm.yaml");
  const auto area = [&](const char* component, std::uint32_t bits) {
    return t.areas().row(component, bits, "test").area_um2;
  };
  EXPECT_NEAR(area("multiply", 16), std::sqrt(area("multiply", 8) * area("multiply", 32)), 0.5);
  EXPECT_EQ(area("add", 64), 2 * area("add", 32));
  EXPECT_NEAR(area("flip_flop", 1), 3.23 * 1.4, 1e-9);
  EXPECT_NEAR(area("multiplexer", 1), 1.33 * 1.4, 1e-9);
  EXPECT_NEAR(area("flip_flop_enable", 1), area("flip_flop", 1) + area("multiplexer", 1), 1e-9);
  for (const char* node : {"28nm.yaml", "45nm.yaml"}) {
    EXPECT_NEAR(published(node).areas().overhead("test").factor, 1.05 / 0.70, 1e-9);
  }
}

/// 2^P latches and 2^P - 1 multiplexers; beyond six inputs 2^(P-6) LUT6 and what chooses among
/// them.
TEST(PublishedTables, AreasOfLutsAreTableAndTree) {
  constexpr double kLatch = 1.9 * 1.4;
  constexpr double kMux = 1.33 * 1.4;
  const EnergyTable t = published("luts-45nm.yaml");
  const double lut6 = t.areas().row("lut", 6, "test").area_um2;
  for (std::uint32_t inputs = 1; inputs <= 12; ++inputs) {
    const AreaRow& row = t.areas().row("lut", inputs, "test");
    const double bits = std::exp2(inputs);
    EXPECT_EQ(row.width_bits, inputs);
    EXPECT_NEAR(row.area_um2, bits * kLatch + (bits - 1) * kMux, 1e-2);
    if (inputs <= 6) continue;
    const double parts = std::exp2(inputs - 6);
    EXPECT_NEAR(row.area_um2, parts * lut6 + (parts - 1) * kMux, 1e-2);
  }
}

/// Of each event and width that a machine of tables is priced by.
TEST(PublishedTables, RowsAtHigherVoltageAreTheOthersTimesTheSquareOfTheRatio) {
  const std::string folder = std::string(LOCKSTEP_SOURCE_DIR) + "/arch-configs/energy/";
  const EnergyTable low = EnergyTable::load({folder + "45nm.yaml", folder + "luts-45nm.yaml"}, {});
  const EnergyTable high = published("luts-45nm-1v2.yaml");
  std::size_t found = 0;
  for (const Row& row : low.rows()) {
    if (!row.event.starts_with("lut") && !row.event.starts_with("register") &&
        row.event != "configuration_leakage") {
      continue;
    }
    ++found;
    const Row& at_high = high.row(row.event, row.width_bits, "test");
    ASSERT_EQ(at_high.width_bits, row.width_bits) << row.event;
    const double factor = row.event.ends_with("_leakage") ? 1 : 1.2 * 1.2 / (0.9 * 0.9);
    EXPECT_NEAR(at_high.value_pj, factor * row.value_pj, 5e-4 * at_high.value_pj) << row.event;
    EXPECT_EQ(at_high.voltage_v, 1.2);
    EXPECT_THAT(at_high.source, testing::EndsWith(row.source));
  }
  EXPECT_EQ(high.rows().size(), found);
  const MemoryShape memory{.bank_bytes = 4096, .width_bits = 8};
  EXPECT_EQ(high.memory(memory, 16, "test").price.read_pj,
            low.memory(memory, 16, "test").price.read_pj);
}

TEST(PublishedTables, AreasDoNotDependOnTheVoltage) {
  const std::string folder = std::string(LOCKSTEP_SOURCE_DIR) + "/arch-configs/energy/";
  const AreaTable low =
      EnergyTable::load({folder + "45nm.yaml", folder + "luts-45nm.yaml"}, {}).areas();
  const AreaTable high = published("luts-45nm-1v2.yaml").areas();
  std::size_t found = 0;
  for (const AreaRow& row : low.rows()) {
    if (row.component == "multiply") continue;  // which no machine of tables has
    ++found;
    const AreaRow& same = high.row(row.component, row.width_bits, "test");
    EXPECT_EQ(same.width_bits, row.width_bits) << row.component;
    EXPECT_EQ(same.area_um2, row.area_um2) << row.component;
  }
  EXPECT_EQ(high.rows().size(), found);
  EXPECT_EQ(high.overhead("test").factor, low.overhead("test").factor);
}

/// A change costs what the live pins of a LUT say, so each number of them has a row.
TEST(PublishedTables, EveryNumberOfPinsHasItsRow) {
  for (const char* node : {"luts-45nm.yaml", "luts-28nm.yaml", "luts-45nm-1v2.yaml"}) {
    const EnergyTable t = published(node);
    for (std::uint32_t pins = 1; pins <= 12; ++pins) {
      EXPECT_EQ(t.row("lut_pin_toggle", pins, "test").width_bits, pins) << node;
      EXPECT_EQ(t.row("lut_toggle", pins, "test").width_bits, pins) << node;
      EXPECT_EQ(t.row("lut_wire_toggle", pins, "test").width_bits, std::max(6u, pins)) << node;
    }
  }
}

TEST(PublishedTables, AreOfOneNode) {
  EXPECT_EQ(published("28nm.yaml").node_nm(), 28u);
  EXPECT_EQ(published("45nm.yaml").node_nm(), 45u);
}

}  // namespace
}  // namespace sim::energy
